"""What made a search find a row, as clients are told."""

from enum import Enum
from uuid import UUID

import strawberry

from app.ranking.rank import Ranked


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
