"""What writing tasks costs in statements: as much for a hundred as for two."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant, make_tenant

# BEGIN with the identity, the savepoint and its end, the organization's counter, the events, COMMIT.
AROUND = 6
TASK = "{ task { title } userErrors { code } }"
TASKS = "{ results { task { title } userErrors { code } } userErrors { code } }"
DELETION = "{ deletedIds userErrors { code } }"

CREATE_MANY = f"mutation ($inputs: [CreateTaskInput!]!) {{ createTasks(inputs: $inputs) {TASKS} }}"
UPDATE_MANY = f'mutation ($ids: [ID!]!) {{ updateTasks(ids: $ids, input: {{title: "A", addTags: ["b"]}}) {TASKS} }}'
MOVE_MANY = f"mutation ($ids: [ID!]!, $team: ID!) {{ moveTasks(ids: $ids, teamId: $team) {TASKS} }}"
DELETE_MANY = f"mutation ($ids: [ID!]!) {{ deleteTasks(ids: $ids) {DELETION} }}"
RESTORE_MANY = f"mutation ($ids: [ID!]!) {{ restoreTasks(ids: $ids) {TASKS} }}"

ONE = {
    # The team with the actor's role, the assignee, the settings, the number, the task, the payload, the text.
    "createTask": (f'createTask(input: {{teamId: "$team", title: "A", assigneeId: "$member"}}) {TASK}', 7),
    # The task, the role, the assignee, the change, the payload, the text for search.
    "updateTask": (f'updateTask(id: "$task", input: {{title: "A", assigneeId: "$member"}}) {TASK}', 6),
    # The team, the task, both teams with the roles, the number, the assignee there, the key, the change, the payload.
    "moveTask": (f'moveTask(id: "$task", teamId: "$other") {TASK}', 8),
    # The task, the role, the stamp, the settings, the deletion.
    "deleteTask": (f'deleteTask(id: "$task") {DELETION}', 5),
}


def inputs_of(tenant: Tenant, amount: int) -> list[dict[str, str]]:
    """So many inputs, in both of the tenant's teams by turns."""
    return [{"teamId": str(tenant.teams[place % 2]), "title": "A"} for place in range(amount)]


async def cost(api: Api, tenant: Tenant, document: str, **variables: Any) -> int:
    """The statements of a mutation that does all that it is asked for."""
    (payload,) = (await api.data(document, who=tenant.owner, **variables)).values()
    assert payload["userErrors"] == []
    return len(api.statements) - AROUND


@pytest.mark.parametrize("mutation", ONE)
async def test_one(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    field, expected = ONE[mutation]
    costs = []
    for _ in range(2):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, teams=2)
        team, other, member, task = *tenant.teams, tenant.team_members[0], tenant.tasks[0]
        document = field
        for name, value in {"$team": team, "$other": other, "$member": member, "$task": task}.items():
            document = document.replace(name, str(value))
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        costs.append(await cost(api, tenant, f"mutation {{ {document} }}"))

    assert costs[1] == expected


async def test_many(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    costs = []
    for amount in (2, 2, 100):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, teams=2, tasks=amount // 2)
        ids = list(map(str, tenant.tasks))
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        costs.append(
            {
                "createTasks": await cost(api, tenant, CREATE_MANY, inputs=inputs_of(tenant, amount)),
                "updateTasks": await cost(api, tenant, UPDATE_MANY, ids=ids),
                # As one does: the team, the tasks, all teams with the roles, the numbers, the assignees, the keys, the
                # change, the payload.
                "moveTasks": await cost(api, tenant, MOVE_MANY, ids=ids, team=str(tenant.teams[0])),
                "deleteTasks": await cost(api, tenant, DELETE_MANY, ids=ids),
                "restoreTasks": await cost(api, tenant, RESTORE_MANY, ids=ids),
            }
        )

    _, two, hundred = costs
    assert hundred == two
    assert [two[mutation] for mutation in ("createTasks", "updateTasks", "moveTasks", "deleteTasks")] == [6, 5, 8, 5]
