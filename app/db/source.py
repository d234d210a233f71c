"""What a loader reads from: a table, the columns that a GraphQL type's fields stand for, and the class of its rows."""

from functools import lru_cache
from typing import Any, Generic

from sqlalchemy import Column, TypeDecorator
from sqlmodel import SQLModel

from app.db.columns import Expression, table_of
from app.db.record import Row, Row_co


class Reference(dict[str, Any]):
    """Stands for a row that has not been read: what is asked of it is known, as its key, `organization_id` and `id`."""

    def __getattr__(self, column: str) -> Any:
        try:
            return self[column]
        except KeyError:
            raise AttributeError(column) from None


class Source(Generic[Row_co]):
    """The rows of `model`, which has the name of its GraphQL type. They are of the class `row`, one of the rows.py.

    `computed` are expressions that are read like columns; one of that name takes the column's place. `long` are the
    columns whose values may be longer than a kilobyte: statements that read them measure them first.
    """

    def __init__(
        self, model: type[SQLModel], row: type[Row_co], *, long: tuple[str, ...] = (), **computed: Expression
    ) -> None:
        self.table = table_of(model)
        self.long = long
        self.typename = model.__name__
        self.columns: dict[str, Expression] = {**dict(self.table.c.items()), **computed}
        known = {"typename": self.typename, "columns": self.columns}
        self.record: type[Row_co] = type(row.__name__, (row,), known)
        self.reference: type[Reference] = type(f"{self.typename}Reference", (Reference,), {})


@lru_cache(1000)
def record_of(source: Source[Row], selected: tuple[str, ...]) -> type[Row]:
    """The class of the rows of a statement that selects columns of these names, in this order."""
    return type(source.record.__name__, (source.record,), {"selected": selected})


def python_type(column: Expression) -> type[Any]:
    """What the driver makes of the column's values."""
    # SQLModel's text is a decorator around SQLAlchemy's, which alone says what Python makes of it.
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    known: type[Any] = plain.python_type
    return known


def may_be_null(column: Expression) -> bool:
    """Whether the database may hold no value there; what is computed may always be null."""
    return not isinstance(column, Column) or bool(column.nullable)
