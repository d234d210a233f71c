"""Lists walked page by page while others write: what was there all the time is met once."""

from collections import Counter
from datetime import date
from itertools import count
from random import Random
from typing import Any, TypeAlias

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant

Superuser: TypeAlias = "asyncpg.Connection[Any]"

TASKS = 300
TITLES = ("Same", "same", "Zebra", "Ärger")
PRIORITIES = ("URGENT", "HIGH", "MEDIUM", "LOW", "NONE")
PAGE = """query ($member: ID!, $order: [TaskOrder!], $first: Int, $last: Int, $after: String, $before: String) {
    node(id: $member) { ... on TeamMember {
        tasks(orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
            nodes { id }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    } }
}"""
INSERT = """
INSERT INTO tasks (organization_id, id, team_id, assignee_id, number, title, status, priority, due_date, tags,
                   created_at, updated_at)
SELECT $1, id, $2, $3, number, title, 'TODO', priority, due_date, '{}', now() + shift * interval '1 second', now()
FROM unnest($4::uuid[], $5::int[], $6::text[], $7::text[], $8::date[], $9::int[])
     AS t (id, number, title, priority, due_date, shift)
"""
NUMBERS = count(1)


async def insert(superuser: Superuser, tenant: Tenant, random: Random, amount: int) -> None:
    """Tasks at random places of every order, many of them equal."""
    rows = [
        (
            new_id(),
            next(NUMBERS),
            random.choice(TITLES),
            random.choice(PRIORITIES),
            random.choice((None, date(2026, 1, random.randint(1, 5)))),
            random.randint(0, 20),
        )
        for _ in range(amount)
    ]
    await superuser.execute(
        INSERT, tenant.id, tenant.teams[0], tenant.team_members[0], *map(list, zip(*rows, strict=True))
    )


async def delete(superuser: Superuser, tenant: Tenant, random: Random, amount: int) -> None:
    alive = sorted(await alive_in(superuser, tenant))
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = ANY ($1)", random.sample(alive, amount))


async def alive_in(superuser: Superuser, tenant: Tenant) -> set[Any]:
    rows = await superuser.fetch("SELECT id FROM tasks WHERE organization_id = $1 AND deleted_at IS NULL", tenant.id)
    return {row["id"] for row in rows}


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["CREATED_AT", "DUE_DATE", "PRIORITY", "TITLE"])
async def test_each_task_is_met_once_while_others_write(
    api: Api, superuser: Superuser, field: str, direction: str, backward: bool
) -> None:
    tenant, random = await make_tenant(superuser, tasks=0), Random(f"{field} {direction} {backward}")
    await insert(superuser, tenant, random, TASKS)
    stayed, met = await alive_in(superuser, tenant), Counter[str]()
    size, bound, end, more = ("last", "before", "startCursor", "hasPreviousPage")
    if not backward:
        size, bound, end, more = ("first", "after", "endCursor", "hasNextPage")
    cursor, going = None, True
    while going:
        arguments = {size: 10, bound: cursor, "order": {"field": field, "direction": direction}}
        data = await api.data(PAGE, who=tenant.owner, member=str(tenant.team_members[0]), **arguments)
        page = data["node"]["tasks"]
        met.update(node["id"] for node in page["nodes"])
        cursor, going = page["pageInfo"][end], page["pageInfo"][more]
        await insert(superuser, tenant, random, 4)
        await delete(superuser, tenant, random, 4)
        stayed &= await alive_in(superuser, tenant)

    assert max(met.values()) == 1
    assert {str(one) for one in stayed} <= met.keys()
    assert len(stayed) > TASKS / 2  # or the walk has shown nothing


async def test_a_cursor_holds_its_place_when_its_row_is_gone(api: Api, superuser: Superuser) -> None:
    tenant = await make_tenant(superuser, tasks=9)
    query = """query ($id: ID!, $after: String) { team(id: $id) {
        tasks(first: 3, after: $after, orderBy: {field: NUMBER, direction: ASC}) { edges { cursor node { number } } }
    } }"""
    first = await api.data(query, who=tenant.owner, id=str(tenant.teams[0]))
    cursors = [edge["cursor"] for edge in first["team"]["tasks"]["edges"]]
    await superuser.execute("UPDATE tasks SET deleted_at = now() WHERE id = $1", tenant.tasks[2])
    second = await api.data(query, who=tenant.owner, id=str(tenant.teams[0]), after=cursors[2])

    assert [edge["node"]["number"] for edge in second["team"]["tasks"]["edges"]] == [4, 5, 6]
