"""Rows as the driver gives them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import asyncpg
from sqlalchemy import ColumnElement


class Record(asyncpg.Record):
    """A row whose columns are attributes too; `typename` is the GraphQL type it is a row of.

    `selected` are the names of its columns in their order, and `columns` is what those stand for that fields show.
    """

    typename = ""
    selected: tuple[str, ...] = ()
    columns: ClassVar[Mapping[str, ColumnElement[Any]]] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None
