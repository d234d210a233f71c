"""The floor's way to the rows: the statements of our own loaders, in the same transaction, with the same rights.

Row-level security is in force here too, so that the floor is what our server could reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias
from uuid import UUID

import asyncpg

from benchmarks.dataset import READER

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"

SIGN_IN = "SELECT trellis_sign_in($1, NULL, NULL, false)"
IDENTIFY = "SELECT trellis_identify($1, NULL)"
MEMBERSHIPS = "SELECT array_agg(organization_id) FROM organization_members WHERE user_id = $1 AND deleted_at IS NULL"
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

ORGANIZATION = "SELECT id, name, slug FROM organizations WHERE slug = $1 AND deleted_at IS NULL AND id = ANY($2)"
# As text, as our loaders send them: the driver takes longer over the elements of arrays.
GIVEN = "unnest($1::text::uuid[], $2::text::uuid[]) WITH ORDINALITY AS given (organization_id, id, ordinal)"


def pages(table: str, columns: str, *, parent: str, order: str) -> str:
    """The statement of a list: a page of rows for each parent, after the parent's place in the batch."""
    return f"""
        SELECT given.ordinal, child.* FROM {GIVEN} JOIN LATERAL (
            SELECT {columns} FROM {table} AS row
             WHERE row.organization_id = ANY($3) AND row.organization_id = given.organization_id
               AND row.{parent} = given.id AND row.deleted_at IS NULL
             ORDER BY {order} LIMIT $4
        ) AS child ON true
    """  # noqa: S608  # nothing in it comes from outside


def by_id(table: str, columns: str) -> str:
    """The statement that finds rows by their keys, after each key's place in the batch."""
    return f"""
        SELECT given.ordinal, {columns} FROM {GIVEN}
          JOIN {table} AS row ON row.organization_id = given.organization_id AND row.id = given.id
         WHERE row.organization_id = ANY($3)
    """  # noqa: S608  # as above


@dataclass(frozen=True)
class Identity:
    """What opens a transaction as the reader, and the organizations whose rows may be read."""

    opening: str
    organization_ids: list[UUID]

    @classmethod
    async def find(cls, connection: Connection) -> Self:
        user_id = await connection.fetchval(SIGN_IN, READER)
        async with connection.transaction():
            fingerprint = await connection.fetchval(IDENTIFY, user_id)
            organization_ids = await connection.fetchval(MEMBERSHIPS, user_id)
        return cls(f"{BEGIN}; SELECT trellis_identify('{user_id}', '{fingerprint}')", organization_ids)


@dataclass(frozen=True)
class Reader:
    """One transaction's reads."""

    connection: Connection
    identity: Identity

    async def organization(self, slug: str) -> Any:
        """Id, name and slug."""
        return await self.connection.fetchrow(ORGANIZATION, slug, self.identity.organization_ids)

    async def rows(self, statement: str, organization_id: UUID, ids: Sequence[UUID], *limit: int) -> list[Any]:
        """The rows of a statement of `pages`, which has a limit, or of `by_id`, which has none."""
        organizations = f"{{{','.join([str(organization_id)] * len(ids))}}}"
        keys = f"{{{','.join(map(str, ids))}}}"
        return await self.connection.fetch(statement, organizations, keys, self.identity.organization_ids, *limit)
