"""Columns that the tables of the domains share, and the names of their constraints."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import ColumnElement, DateTime, Index, MetaData, Select, Table, Uuid
from sqlmodel import Field, SQLModel

# A constraint without a name cannot be dropped by a migration, nor told apart when it is violated.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

Expression: TypeAlias = ColumnElement[Any]  # what SQL works out, of whichever type
Rows: TypeAlias = Select[*tuple[Any, ...]]  # rows of whichever columns


def new_id() -> UUID:
    """A UUIDv7: ids made later sort later, so that inserts touch the end of an index."""
    return uuid_utils.compat.uuid7()


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


# On a foreign key: the row belongs to the one it refers to, and cannot be restored while that is deleted. What is owned
# is deleted along with it, too.
OWNS = {"belongs": True, "owns": True}
BELONGS = {"belongs": True, "owns": False}


class Stamped(SQLModel):
    """A row that people make: when it came, when it last changed."""

    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Deletable(Stamped):
    """A row that can be deleted and restored. `deletion_id` says by which deletion it went, and must have no index.

    An index that holds one of the two columns makes PostgreSQL write every index of the table anew for each row that a
    delete stamps: 100,000 tasks took 23 s in place of 6.
    """

    deleted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    deletion_id: UUID | None = Field(default=None, sa_type=Uuid)


class Owned(Deletable):
    """A row of one organization: the tenant is the first part of its key."""

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)


def page_indexes(table: str, parents: Mapping[str, Sequence[str]], orders: Sequence[str]) -> list[Index]:
    """An index for each list of rows in each order: it finds the parent's first row and reads on from there."""
    return [
        Index(f"ix_{table}_{parent}_{order}", "organization_id", *columns, order, "id")
        for parent, columns in parents.items()
        for order in orders
    ]


def table_of(model: type[SQLModel]) -> Table:
    """The table that a model declares, to build statements with."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it where table=True
    return table
