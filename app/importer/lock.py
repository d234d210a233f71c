"""Locking what an import writes into: a delete of it waits, and then finds what was written."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.db.columns import table_of
from app.db.record import Row
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.importer.connection import fetch
from app.refusal import Refusal
from app.team_members.models import TeamMember
from app.trash.cascade import noun_of, organization_of

team_members = table_of(TeamMember)

# A purge, or an erasure, waits for the commit; a removal does not, as it does not for a mutation that assigns a task.
HOLD_MEMBERS = prepare(
    select(team_members.c.id)
    .where(
        team_members.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
        team_members.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        team_members.c.deleted_at.is_(None),
    )
    .order_by(team_members.c.id)
    .with_for_update(read=True, key_share=True)
)


class DeletedMeanwhile(Refusal):
    """What rows were to go into is in the trash."""


class RemovedMeanwhile(Refusal):
    """Somebody whom rows are assigned to is in the team no more."""


async def hold_assignees(
    connection: asyncpg.Connection, organization_ids: Iterable[UUID], emails: Mapping[UUID, str]
) -> None:
    """Raises RemovedMeanwhile where one of these members of teams, whose addresses are given, is there no more."""
    if not emails:
        return
    rows = await fetch(connection, HOLD_MEMBERS, organization_ids=list(set(organization_ids)), ids=list(emails))
    if gone := sorted(emails[one] for one in emails.keys() - {row["id"] for row in rows}):
        raise RemovedMeanwhile(
            f"{gone[0]} was removed while this was being imported: run the same command again, and they come back, "
            "or leave the assignees out"
        )


async def lock_rows(
    connection: asyncpg.Connection, source: Source[Row], organization_ids: Iterable[UUID], ids: Iterable[UUID]
) -> list[Row]:
    """The rows of these ids, locked until the commit. Raises DeletedMeanwhile where one has been deleted.

    Whoever makes a task in the team meanwhile waits for its counter, as this waits for them; what only refers to the
    row goes on.
    """
    wanted = set(ids)
    rows = await fetch(connection, _lock(source), organization_ids=list(set(organization_ids)), ids=list(wanted))
    if len(rows) < len(wanted):
        raise DeletedMeanwhile(
            f"The {noun_of(source.table)} was deleted while this was being imported: restore it, or run the same "
            "command again to make a new one"
        )
    return rows


@lru_cache(2)
def _lock(source: Source) -> Statement[Any]:
    table = source.table
    return prepare(
        select(table)
        .where(
            organization_of(table) == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
            table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            table.c.deleted_at.is_(None),
        )
        .order_by(table.c.id)
        .with_for_update(key_share=True),
        source,
    )
