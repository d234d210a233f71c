"""By what a search finds, and what made it find a row, as clients are told."""

from enum import Enum
from uuid import UUID

import strawberry

from app.ranking.rank import Ranked


@strawberry.enum(description="By what a search finds.")
class SearchMode(Enum):
    HYBRID = strawberry.enum_value(
        "HYBRID",
        description="By words and by meaning, put together. Where the query is the name of a team or a person and "
        "nothing else, their tasks are found too, after those that its words are in.",
    )
    SEMANTIC = strawberry.enum_value(
        "SEMANTIC",
        description="By meaning: other words for the same are found too. What has nothing to do with the query is not, "
        "even where it is the closest there is.",
    )
    FULL_TEXT = strawberry.enum_value("FULL_TEXT", description="By words, in whatever form; rare ones count most.")
    FUZZY = strawberry.enum_value(
        "FUZZY",
        description="By the words of titles, the names of teams and assignees, and keys, however they are spelled. A "
        "title that is the query comes first.",
    )


@strawberry.enum(description="What made a search find an object.")
class SearchSignal(Enum):
    SEMANTIC = strawberry.enum_value("SEMANTIC", description="Its meaning.")
    FULL_TEXT = strawberry.enum_value("FULL_TEXT", description="Its words.")
    FUZZY = strawberry.enum_value(
        "FUZZY",
        description="A word of its title, its team's name or its assignee's, that is spelled alike or the same.",
    )
    KEY = strawberry.enum_value("KEY", description="Its key, now or before.")


def signals_of(row: Ranked, mode: str, pinned_id: UUID | None) -> tuple[str, ...]:
    """The names of the signals of a row of the ranking."""
    fuzzy = mode == "FUZZY"
    signals = {
        "KEY": row.subject_id == pinned_id,
        "FULL_TEXT": row.has_words and not fuzzy,
        "SEMANTIC": row.has_similarity,
        "FUZZY": (row.has_words and fuzzy) or row.has_owner,
    }
    return tuple(name for name, given in signals.items() if given)
