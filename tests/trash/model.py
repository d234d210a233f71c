"""What deleting, restoring and purging mean, in the fewest words: the database must agree with this.

A row lives when no deletion holds it and all that it belongs to lives. A deletion holds the rows that it was asked for
and all that lived under them at that moment, until it is restored; nothing else ever changes what it holds.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PARENT_DELETED, TAKEN = "PARENT_DELETED", "TAKEN"


@dataclass
class Row:
    """Something that can be deleted; two living rows of a kind never have the same name."""

    kind: str  # the column of `deletions` that counts it
    owners: tuple[str, ...] = ()  # it is deleted along with these
    name: tuple[str, ...] | None = None
    assignee: str | None = None
    outlived: tuple[str, ...] = ()  # it is not deleted along with these, but while they are it cannot be restored


@dataclass
class Deletion:
    subjects: set[str]
    held: set[str]


@dataclass
class Model:
    """One organization and all that is in it."""

    rows: dict[str, Row] = field(default_factory=dict)
    deletions: dict[str, Deletion] = field(default_factory=dict)

    def lives(self, row_id: str) -> bool:
        held = any(row_id in deletion.held for deletion in self.deletions.values())
        return not held and all(map(self.lives, self.rows[row_id].owners))

    def living(self, kind: str) -> list[str]:
        """The living rows of a kind, in the order in which they were made."""
        return [row_id for row_id, row in self.rows.items() if row.kind == kind and self.lives(row_id)]

    def is_named(self, kind: str, name: tuple[str, ...] | None) -> bool:
        """Whether a living row of the kind has the name."""
        return name is not None and any(self.rows[row_id].name == name for row_id in self.living(kind))

    def dead(self, like: Row) -> list[str]:
        """The rows of its kind that have its name and are in the trash."""
        named = (row_id for row_id, row in self.rows.items() if (row.kind, row.name) == (like.kind, like.name))
        return [row_id for row_id in named if not self.lives(row_id)]

    def holder(self, row_id: str) -> str:
        """The deletion that holds a row which is not in the trash for what it belongs to alone."""
        return next(one for one, deletion in self.deletions.items() if row_id in deletion.held)

    def under(self, subjects: Iterable[str]) -> set[str]:
        """The rows that belong to any of `subjects`, and those themselves."""
        found = set(subjects)
        while more := {one for one, row in self.rows.items() if found.intersection(row.owners)} - found:
            found |= more
        return found

    def count(self, row_ids: Iterable[str]) -> Counter[str]:
        return Counter(self.rows[row_id].kind for row_id in row_ids)

    def would_take(self, subjects: Iterable[str]) -> set[str]:
        return set(filter(self.lives, self.under(subjects)))

    def delete(self, deletion_id: str, subjects: Iterable[str]) -> None:
        self.deletions[deletion_id] = Deletion(set(subjects), self.would_take(subjects))

    def refusal(self, subjects: Iterable[str]) -> str | None:
        """Why these cannot be restored; None where they can."""
        rows = [self.rows[row_id] for row_id in subjects]
        if not all(self.lives(owner) for row in rows for owner in row.owners + row.outlived):
            return PARENT_DELETED
        return TAKEN if any(self.is_named(row.kind, row.name) for row in rows) else None

    def restore(self, deletion_id: str, subjects: Iterable[str]) -> Counter[str]:
        """How many rows of each kind live again."""
        dead = {row_id for row_id in self.rows if not self.lives(row_id)}
        deletion = self.deletions[deletion_id]
        deletion.held -= self.under(subjects)
        deletion.subjects -= set(subjects)
        self._forget_empty()
        return self.count(filter(self.lives, dead))

    def purge(self, deletion_id: str) -> Counter[str]:
        """How many rows of each kind are gone for good; with the organization everything is."""
        subjects = self.deletions[deletion_id].subjects
        whole = any(self.rows[row_id].kind == "organizations" for row_id in subjects)
        gone = set(self.rows) if whole else self.under(subjects)
        counts = self.count(gone)
        for row_id in gone:
            del self.rows[row_id]
        for deletion in self.deletions.values():
            deletion.held -= gone
            deletion.subjects -= gone
        for row in self.rows.values():
            row.assignee = None if row.assignee in gone else row.assignee
        self._forget_empty()
        return counts

    def _forget_empty(self) -> None:
        self.deletions = {one: deletion for one, deletion in self.deletions.items() if deletion.subjects}

    def state(self) -> Iterator[tuple[str, bool, tuple[str, ...], str | None]]:
        """All that the database must hold: each row, whether it lives, what it belongs to, whose task it is."""
        for row_id, row in self.rows.items():
            yield row_id, self.lives(row_id), row.owners, row.assignee
