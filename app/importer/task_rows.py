"""Writes tasks, each once however often it is imported.

A task's id follows from its team and from what tells it apart there: its key, or else what a tool knows it by, or else
its title and description (and which of the rows that say the same it is). So a second import knows a task again, even
when people have since renamed, moved or deleted it, or when the file has come to have keys. The id is a UUIDv7 like all
others: the moment is the team's, so that the tasks of an import lie together in every index, and the 74 random bits are
a hash.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32

import asyncpg
from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, func, select, update

from app.auth.email import email_key
from app.db.columns import table_of
from app.db.statement import Parameters, prepare
from app.importer.check import Row
from app.importer.connection import fetch, fetching, insert_rows, insertion
from app.importer.events import Events
from app.importer.lock import hold_assignees, lock_rows
from app.importer.organizations import Target
from app.indexing.search_texts import write_texts
from app.tasks.create import RECORDED
from app.tasks.loaders import TASKS as SOURCE
from app.tasks.models import FormerTaskKey, Task, TaskStatus
from app.tasks.searchable import TASKS
from app.tasks.write import NEW
from app.teams.loaders import TEAMS
from app.teams.models import Team

tasks = table_of(Task)
former_keys = table_of(FormerTaskKey)
teams = table_of(Team)

KNOWN = prepare(
    select(tasks.c.id).where(
        tasks.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
        tasks.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
MAKE_TASKS = insertion(tasks, *NEW)
KEEP_KEYS = insertion(former_keys, "organization_id", "key", "task_id", "created_at")
counters = (
    func.unnest(
        bindparam("organization_ids", type_=ARRAY(Uuid)),
        bindparam("team_ids", type_=ARRAY(Uuid)),
        bindparam("numbers", type_=ARRAY(Integer)),
    )
    .table_valued("organization_id", "team_id", "number", name="counters")
    .render_derived()
)
SET_COUNTERS = prepare(
    update(teams)
    .where(teams.c.organization_id == counters.c.organization_id, teams.c.id == counters.c.team_id)
    .values(last_number=counters.c.number)
)


class Placed(NamedTuple):
    """A row, where it goes and when it is made."""

    row: Row
    target: Target
    created_at: datetime


class Written(NamedTuple):
    """How many tasks are new, and those of them whose number another task had: their keys in the file, and here."""

    made: int
    renumbered: list[tuple[str, str]]


def stable_id(owner_id: UUID, identity: str) -> UUID:
    """The id of what is imported into a team, or an organization: see the top of this file."""
    digest = int.from_bytes(sha256(owner_id.bytes + identity.encode()).digest()[:16])
    moment = owner_id.int >> 80 << 80
    return UUID(int=moment | 7 << 76 | (digest >> 64 & 0xFFF) << 64 | 2 << 62 | digest & ((1 << 62) - 1))


async def write(
    connection: asyncpg.Connection, batch: Sequence[Placed], events: Events, *, creator_id: UUID
) -> Written:
    """Makes those of these tasks that are new; the others are there already and stay as they are. One transaction."""
    homes = {placed.target.id: placed.target.organization_id for placed in batch}
    locked = await lock_rows(connection, TEAMS, set(homes.values()), homes)
    newest: dict[UUID, int] = {row.id: row.last_number for row in locked}
    await hold_assignees(connection, homes.values(), _assignees(batch))
    new, named = await _tell_apart(connection, batch, set(homes.values()))
    rows = [_columns(new_id, placed, _number(placed, newest), creator_id) for new_id, placed in new.items()]
    displaced = await _insert(connection, rows, newest)
    renamed = {row["id"]: new[row["id"]] for row in rows if _is_renamed(new[row["id"]], row["number"])}
    await _keep_former_keys(connection, renamed | named)
    await _write_texts(connection, rows)
    events.created(SOURCE, rows, *RECORDED)
    changed = {row.id: newest[row.id] for row in locked if newest[row.id] != row.last_number}
    owners = [homes[team_id] for team_id in changed]
    await fetch(
        connection, SET_COUNTERS, organization_ids=owners, team_ids=list(changed), numbers=list(changed.values())
    )
    told = [(new[row["id"]], row["number"]) for row in displaced]
    return Written(len(rows), [(str(one.row.key), _key(one, number)) for one, number in told if one.row.key])


async def _tell_apart(
    connection: asyncpg.Connection, batch: Sequence[Placed], tenants: Collection[UUID]
) -> tuple[dict[UUID, Placed], dict[UUID, Placed]]:
    """By their ids those that are new, and those that were there without the key that they now have."""
    ids = [[stable_id(placed.target.id, identity) for identity in placed.row.identities] for placed in batch]
    candidates = list(set(chain.from_iterable(ids)))
    known = {row["id"] for row in await fetch(connection, KNOWN, organization_ids=list(tenants), ids=candidates)}
    new, named = {}, {}
    for placed, (first, *others) in zip(batch, ids, strict=True):
        if first in known:
            continue
        if there := next((one for one in others if one in known), None):
            named[there] = placed
        else:
            new[first] = placed
    return new, named


async def _insert(
    connection: asyncpg.Connection, rows: Sequence[dict[str, Any]], newest: dict[UUID, int]
) -> list[dict[str, Any]]:
    """Makes each of the rows; one whose number another task of the team has gets the next one. Answers those."""
    made = {row["id"] for row in await insert_rows(connection, MAKE_TASKS, rows)}
    displaced = [row for row in rows if row["id"] not in made]
    for row in displaced:
        newest[row["team_id"]] += 1
        row["number"] = newest[row["team_id"]]
    await insert_rows(connection, MAKE_TASKS, displaced)
    return displaced


def _is_renamed(placed: Placed, number: int) -> bool:
    """Whether the task is called otherwise than where it came from."""
    key = placed.row.key
    return key is not None and str(key) != _key(placed, number)


def _key(placed: Placed, number: int) -> str:
    return f"{placed.target.key}-{number}"


def _number(placed: Placed, newest: dict[UUID, int]) -> int:
    """The number in the row's key, where that is a key of its team; else the next one. `newest` counts along."""
    team_id, key = placed.target.id, placed.row.key
    if key and key.team_key == placed.target.key:
        newest[team_id] = max(newest[team_id], key.number)
        return key.number
    newest[team_id] += 1
    return newest[team_id]


def _columns(new_id: UUID, placed: Placed, number: int, creator_id: UUID) -> dict[str, Any]:
    row, target, created_at = placed
    return {
        "organization_id": target.organization_id,
        "id": new_id,
        "team_id": target.id,
        "number": number,
        "title": row.title,
        "description": row.description,
        "status": row.status,
        "priority": row.priority,
        "estimate": row.estimate,
        "due_date": row.due_date,
        "tags": row.tags,
        "assignee_id": _assignee_id(row, target),
        "creator_id": creator_id,
        "completed_at": created_at if row.status == TaskStatus.DONE.name else None,
        "created_at": created_at,
        "updated_at": created_at,
    }


def _assignee_id(row: Row, target: Target) -> UUID | None:
    if row.assignee_email:
        return target.assignees.get(email_key(row.assignee_email))
    if target.made_up:
        return target.made_up[crc32(row.identities[0].encode()) % len(target.made_up)]
    return None


def _assignees(batch: Sequence[Placed]) -> dict[UUID, str]:
    """The addresses of the people whom these rows are assigned to, by their memberships in the teams."""
    assigned = {_assignee_id(placed.row, placed.target) for placed in batch}
    targets = {placed.target.id: placed.target for placed in batch}.values()
    people = chain.from_iterable(target.assignees.items() for target in targets)
    return {member_id: email for email, member_id in people if member_id is not None and member_id in assigned}


async def _write_texts(connection: asyncpg.Connection, made: Sequence[Parameters]) -> None:
    """What search reads of the new tasks; a server embeds them when it next looks."""
    ids = defaultdict(list)
    for row in made:
        ids[row["organization_id"]].append(row["id"])
    for organization_id in sorted(ids):
        await write_texts(fetching(connection), TASKS, organization_id, ids[organization_id])


async def _keep_former_keys(connection: asyncpg.Connection, placed: Mapping[UUID, Placed]) -> None:
    """What tasks were called where they came from still finds them. They are given by their ids."""
    rows = [
        {
            "organization_id": one.target.organization_id,
            "key": str(one.row.key),
            "task_id": task_id,
            "created_at": one.created_at,
        }
        for task_id, one in placed.items()
        if one.row.key
    ]
    await insert_rows(connection, KEEP_KEYS, rows)
