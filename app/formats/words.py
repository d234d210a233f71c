"""What tools call the six statuses and the five priorities."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping


def spelled(**words: str) -> dict[str, str]:
    """A table of words: what each of `TODO="to do, new"` means, by its form."""
    return {form(word): meaning for meaning, list_ in words.items() for word in list_.split(", ")}


def form(text: str) -> str:
    """How words are compared: without case, signs and emoji; blanks, hyphens and underscores are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")  # noqa: RUF001  # as typographers have it
    return " ".join(re.findall(r"[\w']+", plain.replace("_", " "))) or plain.strip()


STATUSES = spelled(
    BACKLOG="backlog, icebox, triage, someday",
    TODO="todo, to do, not started, new, planned, unstarted",
    IN_PROGRESS="in progress, inprogress, doing, started, wip, work in progress, in development, ongoing",
    IN_REVIEW="in review, review, under review, code review",
    DONE="done, complete, completed, closed, resolved, finished",
    CANCELED="canceled, cancelled, won't do, won't fix, wont do, wont fix, wontfix, not planned, duplicate, abandoned",
)
PRIORITIES = spelled(
    NONE="none, no priority, not set",
    URGENT="urgent, highest, critical, blocker",
    HIGH="high",
    MEDIUM="medium, normal",
    LOW="low, lowest, minor, trivial",
)


class Words:
    """What the words of a column mean: by the tables, of which the first that has one counts.

    Each is looked up once, and counted.
    """

    def __init__(self, meanings: Collection[str], *tables: Mapping[str, str]) -> None:
        self.meanings = sorted(meanings)
        self.seen: Counter[str] = Counter()
        self._tables = (*tables, {form(meaning): meaning for meaning in meanings})
        self._known: dict[str, str | None] = {}

    def meaning(self, word: str) -> str | None:
        """One of `meanings`, or None where nobody has said which."""
        if word not in self._known:
            self._known[word] = self._look_up(form(word))
        self.seen[word] += 1
        return self._known[word]

    def translated(self) -> list[tuple[str, str | None, int]]:
        """The words that are not the meaning itself, with it and how often they were asked for, in their order."""
        return [
            (word, self._known[word], count)
            for word, count in self.seen.items()
            if word.upper().replace(" ", "_") != self._known[word]
        ]

    def _look_up(self, word: str) -> str | None:
        return next((table[word] for table in self._tables if word in table), None)
