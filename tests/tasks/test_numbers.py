"""Numbers of a team's tasks: none is skipped and none is given twice, whoever makes tasks at the same time."""

import asyncio
from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import Tenant, make_tenant

CREATE = "mutation ($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) { results { task { key } } } }"
NUMBERS = "SELECT array_agg(number ORDER BY number) FROM tasks WHERE organization_id = $1 AND team_id = $2"


async def numbers_of(superuser: "asyncpg.Connection[Any]", tenant: Tenant, team: int) -> list[int]:
    numbers: list[int] = await superuser.fetchval(NUMBERS, tenant.id, tenant.teams[team])
    return numbers


async def test_no_number_is_skipped_by_many_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2, tasks=0)
    first, second = map(str, tenant.teams)
    # The teams in both orders: two that took them in the order of the inputs would wait for each other.
    orders = [[first, second, first], [second, first]] * 8

    bodies = await asyncio.gather(
        *(
            api.data(CREATE, who=tenant.owner, inputs=[{"teamId": team, "title": "A"} for team in order])
            for order in orders
        )
    )

    assert await numbers_of(superuser, tenant, 0) == list(range(1, 25))
    assert await numbers_of(superuser, tenant, 1) == list(range(1, 17))
    told = {result["task"]["key"] for body in bodies for result in body["createTasks"]["results"]}
    assert told == {f"T1-{number}" for number in range(1, 25)} | {f"T2-{number}" for number in range(1, 17)}
    last = await superuser.fetch("SELECT last_number FROM teams WHERE organization_id = $1 ORDER BY key", tenant.id)
    assert [row["last_number"] for row in last] == [24, 16]


async def test_number_of_a_field_that_failed_is_given_again(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, tasks=0)
    # A constraint that no check knows refuses the row after its number was taken.
    await superuser.execute(
        f"ALTER TABLE tasks ADD CONSTRAINT refused CHECK (organization_id <> '{tenant.id}' OR title <> 'Refused')"
    )
    titles = ("First", "Refused", "Second")
    fields = [
        f'{title}: createTask(input: {{teamId: "{tenant.teams[0]}", title: "{title}"}})'
        " { task { key } userErrors { code message path } }"
        for title in titles
    ]
    try:
        data = await api.data(f"mutation {{ {' '.join(fields)} }}", who=tenant.owner)
    finally:
        await superuser.execute("ALTER TABLE tasks DROP CONSTRAINT refused")

    assert data["First"]["task"] == {"key": "T1-1"}
    assert data["Refused"] == {
        "task": None,
        "userErrors": [{"code": "INVALID", "message": "A value is not allowed here.", "path": ["input"]}],
    }
    assert data["Second"]["task"] == {"key": "T1-2"}
    assert await numbers_of(superuser, tenant, 0) == [1, 2]
