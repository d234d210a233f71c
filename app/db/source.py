"""What a loader reads from: a table, the columns that a GraphQL type's fields stand for, and the class of its rows."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import SQLModel

from app.db.engine import Record
from app.db.row import table_of


class Source:
    """The rows of `model`, which has the name of its GraphQL type.

    `computed` are expressions that are read like columns; one of that name takes the column's place.
    """

    def __init__(self, model: type[SQLModel], **computed: ColumnElement[Any]) -> None:
        self.table = table_of(model)
        self.typename = model.__name__
        self.record: type[Record] = type(f"{self.typename}Row", (Record,), {"typename": self.typename})
        self.columns: dict[str, ColumnElement[Any]] = {**dict(self.table.c.items()), **computed}
