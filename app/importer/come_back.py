"""Brings back people whom a file names and who were removed: as the members they were, with their tasks."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Table, Text, Uuid, any_, bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.record import Row
from app.db.source import Source
from app.db.statement import Clause, Fetch, Parameters, Statement, prepare, statement
from app.events.models import EventType
from app.importer.connection import fetch
from app.importer.events import Events
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationRole
from app.team_members.loaders import TEAM_MEMBERS
from app.trash.loaders import DELETIONS, IN_TRASH
from app.trash.restore import STAMP, bring_back

members = ORGANIZATION_MEMBERS.table
# What a membership is of, beside the organization.
KEYS = {members: ("organization_id", "user_id"), TEAM_MEMBERS.table: ("team_id", "organization_member_id")}


async def come_back(
    connection: asyncpg.Connection, wanted: Iterable[tuple[UUID, UUID]], events: Events, *, into: Source
) -> list[Any]:
    """Restores the newest membership of each of these keys, of those that nobody has now and that can be restored;
    answers what they were.

    With a membership in an organization come those in its teams; the role is no more than MEMBER, since a file that
    assigns somebody a task makes nobody an admin again.
    """
    keys = list(wanted)
    firsts, seconds = [key[0] for key in keys], [key[1] for key in keys]
    rows = await fetch(connection, _former(into.table), firsts=firsts, seconds=seconds)
    if not rows:
        return []
    organization_ids = list({row["organization_id"] for row in rows})
    await bring_back(_fetching(connection, organization_ids), into.table, rows)
    back = dict.fromkeys(STAMP)
    if into is ORGANIZATION_MEMBERS:
        ids, back["role"] = [row["id"] for row in rows], OrganizationRole.MEMBER.name
        await fetch(connection, _demote(), organization_ids=organization_ids, ids=ids, role=back["role"])
    for row in rows:
        events.changed(into, EventType.RESTORED, row, back)
    return rows


def _fetching(connection: asyncpg.Connection, organization_ids: list[UUID]) -> Fetch:
    async def run(statement: Statement[Row], values: Parameters, /) -> list[Row]:
        return await fetch(connection, statement, **{"organization_ids": organization_ids, **values})

    return run


@lru_cache(2)
def _former(table: Table) -> Statement[Any]:
    first, second = (table.c[name] for name in KEYS[table])
    deletions, live = DELETIONS.table, table.alias("live")
    in_trash = (
        (deletions.c.organization_id == table.c.organization_id) & (deletions.c.id == table.c.deletion_id) & IN_TRASH
    )
    alive = exists(
        select(1).where(
            live.c.organization_id == table.c.organization_id,
            live.c[first.name] == first,
            live.c[second.name] == second,
            live.c.deleted_at.is_(None),
        )
    )
    return prepare(
        select(table)
        .ext(distinct_on(first, second))
        .join(deletions, in_trash)
        .where(
            first == any_(bindparam("firsts", type_=ARRAY(Uuid))),
            second == any_(bindparam("seconds", type_=ARRAY(Uuid))),
            table.c.deleted_at.is_not(None),
            ~alive,
        )
        .order_by(first, second, table.c.deleted_at.desc())
    )


@statement
def _demote() -> Clause:
    return (
        update(members)
        .where(
            members.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
            members.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        )
        .values(role=bindparam("role", type_=Text))
    )
