"""Rows as the driver gives them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from uuid import UUID

import asyncpg
from typing_extensions import TypeVar

from app.db.columns import Expression


class Record(asyncpg.Record):
    """A row whose columns are attributes too; `typename` is the GraphQL type it is a row of.

    `selected` are the names of its columns in their order, and `columns` is what those stand for that fields show.
    """

    typename = ""
    selected: tuple[str, ...] = ()
    columns: ClassVar[Mapping[str, Expression]] = {}

    if (
        not TYPE_CHECKING
    ):  # which knows the columns of a table's rows by rows.py, and shall miss those that are not there

        def __getattr__(self, name: str) -> Any:
            try:
                return self[name]
            except KeyError:
                raise AttributeError(name) from None


class Columns(Protocol):
    """Values by the names of columns: a row, or a part of one."""

    def __getitem__(self, name: str, /) -> Any: ...


class OfOrganization(Protocol):
    """A row that belongs to an organization, or is one."""

    @property
    def organization_id(self) -> UUID: ...


class Versioned(Protocol):
    """A row that counts its changes."""

    @property
    def version(self) -> int: ...


class NounRow(OfOrganization, Protocol):
    """A row of which there is a GraphQL type."""

    @property
    def typename(self) -> str: ...

    @property
    def id(self) -> UUID: ...


class Selected(Columns, Protocol):
    """A row of some noun, whichever columns it has."""

    @property
    def typename(self) -> str: ...

    def get(self, key: str, default: UUID | None, /) -> UUID | None: ...


class DeletableRow(NounRow, Selected, Protocol):
    """A row that can be deleted."""

    @property
    def deleted_at(self) -> datetime | None: ...

    @property
    def deletion_id(self) -> UUID | None: ...


Row = TypeVar("Row", bound=Record, default=Record)
Row_co = TypeVar("Row_co", bound=Record, default=Record, covariant=True)
