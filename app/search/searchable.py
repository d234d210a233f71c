"""A kind of row that can be searched, as its domain describes it in a `searchable.py`."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Table

from app.db.columns import Expression


@dataclass(frozen=True, slots=True, eq=False)
class Searchable:
    """The rows of `table`, each with a title and perhaps a body; `kind` is what the tables of search call them.

    The expressions are read in statements over `table`, and what they say must change only where the row is noted.
    `whole` is the column of what is shown for a row, and for others along with it, as a document is for its chunks.
    `owners` are the columns of what has a name that the rows are found by, too; an index lists each one's rows by age.
    """

    kind: str
    table: Table
    title: Expression
    body: Expression
    owners: tuple[ColumnElement[UUID | None], ...] = ()
    whole: ColumnElement[UUID] | None = None
