"""Indexes built CONCURRENTLY: each by a revision that does nothing else, and can be run again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Index, text

from app.time_limits import INDEX_LOCK, milliseconds

HAS_WRITTEN = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
# What was left where 2026_11_22_api_keys could not build its index, which 2026_11_29_mending makes: all else of it.
COMPLETE_HALF = text("""
UPDATE alembic_version SET version_num = '2026_11_22_api_keys'
WHERE version_num = '2026_11_22_ranking' AND to_regclass('api_keys') IS NOT NULL
""")


def build_index(name: str, table: str, columns: list[Any], **options: Any) -> None:
    """Builds an index on a table that has rows, whose writers go on; what an earlier attempt left of it is dropped.

    It has to be all that a revision does: PostgreSQL builds such an index outside of any transaction, so that whatever
    else the revision did would stay done where the building fails, and stand in the way of the next attempt. On an
    empty table, as in a new database, it is built at once and waits for nobody.
    """
    with _alone():
        concurrently = _has_rows(table)
        _drop(name, concurrently=concurrently)
        op.create_index(name, table, columns, postgresql_concurrently=concurrently, **options)


def drop_index(name: str, table: str) -> None:
    """Drops an index whose table goes on being read and written; to be all that a revision does, too."""
    with _alone():
        _drop(name, concurrently=_has_rows(table))


@contextmanager
def _alone() -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute(f"SET lock_timeout = {milliseconds(INDEX_LOCK)}")
        yield
        op.execute("RESET lock_timeout")


def _has_rows(table: str) -> bool:
    """By the file of the table: row-level security may hide its rows from the owner."""
    return bool(op.get_bind().scalar(text(f"SELECT pg_relation_size('{table}') > 0")))


def _drop(name: str, *, concurrently: bool) -> None:
    op.execute(f"DROP INDEX {'CONCURRENTLY ' if concurrently else ''}IF EXISTS {name}")


class Implementation(PostgresqlImpl):
    """PostgreSQL's DDL as Alembic writes it, but that no index within a transaction is built CONCURRENTLY."""

    __dialect__ = "postgresql"

    def create_index(self, index: Index, **options: Any) -> None:
        # Asked for what was set, because PostgreSQL knows of no such level.
        if self.connection and self.connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            index.dialect_options["postgresql"]["concurrently"] = False
        super().create_index(index, **options)


def keep_whole(context: MigrationContext) -> None:
    """Lets no revision commit half of itself: one that has written something stays in its transaction to the end.

    2026_11_22_api_keys would leave its own for an index on a column that it has just added: where somebody's snapshot
    keeps that from being built, the tables it has made stand in the way of every further attempt. The column has no
    values yet, so there is nothing that could take long.
    """
    leave = context.autocommit_block

    @contextmanager
    def autocommit_block() -> Iterator[None]:
        connection = context.connection
        if connection is not None and connection.scalar(HAS_WRITTEN):
            yield
        else:
            with leave():
                yield

    context.autocommit_block = autocommit_block  # type: ignore[method-assign]  # Alembic makes the context itself


def complete_half(connection: Connection) -> None:
    """Lets a database go on of which an earlier version had left only half of 2026_11_22_api_keys behind."""
    with connection.begin():
        if connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
            connection.execute(COMPLETE_HALF)
