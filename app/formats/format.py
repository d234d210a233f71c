"""A format: what a tool calls its columns and words, as a table."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from app.formats.record import Records

# What a task of a file can have.
COLUMNS = (
    "organization",
    "team",
    "key",
    "title",
    "description",
    "status",
    "priority",
    "estimate",
    "due_date",
    "tags",
    "assignee_email",
)
# What else a column can say: `tag` is one tag as it stands, `id` what the tool knows the task by, `parent` the title of
# the task that it is a part of; `done` and `canceled` say by anything but no or nothing that the task is that.
MORE = ("tag", "id", "parent", "done", "canceled")
LISTS = {"tag", "tags"}  # several columns may be these


def plain(column: str) -> str:
    """How names of columns are compared: without case; blanks and underscores are the same."""
    return " ".join(column.casefold().replace("_", " ").split())


@dataclass(frozen=True)
class Format:
    """`columns` says by their plain names which field each one is. `signs` are columns of which all have to be there,
    of one set at least, for the format to be recognized. `shape` makes of the records what no table can say."""

    name: str
    columns: Mapping[str, str]
    signs: Collection[frozenset[str]] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    shape: Callable[[Records], Records] | None = None
    backslashes: bool = False  # a quote within quotes is written \", not ""

    def column_of(self, wanted: str) -> str:
        """What the format calls a field."""
        return next((column for column, is_ in self.columns.items() if is_ == wanted), wanted)

    def recognizes(self, names: Collection[str]) -> bool:
        """Whether a header with these plain names is one of the format."""
        return any(signs <= set(names) for signs in self.signs)
