"""What inputs of tasks refer to: teams and assignees, who must be there for whoever is calling."""

import json
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant
from tests.unchanged import unchanged

CREATE = """mutation ($input: CreateTaskInput!) { createTask(input: $input) {
    task { key } userErrors { code message path }
} }"""
UPDATE = """mutation ($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) {
    task { key } userErrors { code message path }
} }"""


async def test_strangers_team_sounds_like_one_that_never_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)

    answers = []
    async with unchanged(superuser, tenant, other):
        for team_id in (new_id(), other.teams[0]):
            given = {"teamId": str(team_id), "title": "A"}
            answers.append((await api.data(CREATE, who=tenant.owner, input=given))["createTask"])

    errors = [{"code": "NOT_FOUND", "message": "There is no such team.", "path": ["input", "teamId"]}]
    assert answers == [{"task": None, "userErrors": errors}] * 2


@pytest.mark.parametrize("person", ["person1", "person2"])
async def test_deleted_team_takes_no_task(api: Api, superuser: "asyncpg.Connection[Any]", person: str) -> None:
    """Its members hear that, and not that they are not in it, though their memberships went with it."""
    tenant = await make_tenant(superuser, members=2)
    await api.data(f'mutation {{ deleteTeam(id: "{tenant.teams[0]}") {{ deletedIds }} }}', who=tenant.owner)
    given = {"teamId": str(tenant.teams[0]), "title": "A", "assigneeId": str(tenant.team_members[0])}

    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner.replace("person1", person), input=given)

    errors = [
        {"code": "PARENT_DELETED", "message": "The team is deleted: restore it first.", "path": ["input", "teamId"]}
    ]
    assert data["createTask"] == {"task": None, "userErrors": errors}


@pytest.mark.parametrize(
    "whose",
    [
        *("nobody", "other team", "other organization", "removed"),
        *("member of another team", "user in another team", "removed member", "removed user", "stranger"),
    ],
)
@pytest.mark.parametrize("mutation", ["createTask", "updateTask"])
async def test_assignee_is_a_member_of_the_team(
    api: Api, superuser: "asyncpg.Connection[Any]", mutation: str, whose: str
) -> None:
    tenant, other = await make_tenant(superuser, members=3, teams=2), await make_tenant(superuser)
    removed = [tenant.team_members[1], tenant.team_members[2]]
    await superuser.execute("UPDATE team_members SET deleted_at = now() WHERE id = ANY ($1)", removed)
    assignees = {
        "nobody": new_id(),
        "other team": tenant.team_members[3],
        "other organization": other.team_members[0],
        "removed": tenant.team_members[1],
        "member of another team": tenant.members[2],
        "user in another team": tenant.users[2],
        "removed member": tenant.members[1],
        "removed user": tenant.users[1],
        "stranger": other.users[0],
    }
    given = {"title": "A", "assigneeId": str(assignees[whose])}
    new = {"teamId": str(tenant.teams[0])} if mutation == "createTask" else {}
    variables: dict[str, Any] = {} if new else {"id": str(tenant.tasks[0])}

    async with unchanged(superuser, tenant, other):
        data = await api.data(CREATE if new else UPDATE, who=tenant.owner, input=given | new, **variables)

    message = "There is no such person in the task's team: give the `id` of one of `Team.members`."
    errors = [{"code": "NOT_FOUND", "message": message, "path": ["input", "assigneeId"]}]
    assert data[mutation] == {"task": None, "userErrors": errors}


@pytest.mark.parametrize("named", ["members", "users", "team_members"])
async def test_a_person_is_assigned_as_a_member_of_each_tasks_team(
    api: Api, superuser: "asyncpg.Connection[Any]", named: str
) -> None:
    """By the id of their membership there, in the organization, or their own; the events say which membership it is."""
    tenant = await make_tenant(superuser, members=2, teams=2)
    in_team = dict(
        await superuser.fetch(
            "SELECT team_id, id FROM team_members WHERE organization_id = $1 AND organization_member_id = $2",
            *(tenant.id, tenant.members[1]),
        )
    )
    one = tenant.teams[0]
    given = str(in_team[one] if named == "team_members" else getattr(tenant, named)[1])

    created = await api.data(
        "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { assignee { id } } } }",
        who=tenant.owner,
        input={"teamId": str(one), "title": "A", "assigneeId": given},
    )
    tasks = [tenant.tasks[0], tenant.tasks[2]][: 1 if named == "team_members" else 2]  # the first member's
    theirs = [str(in_team[team]) for team in tenant.teams][: len(tasks)]
    updated = await api.data(
        """mutation ($ids: [ID!]!, $input: UpdateTaskInput!) { updateTasks(ids: $ids, input: $input) {
            results { task { assignee { id } } } userErrors { code }
        } }""",
        who=tenant.owner,
        ids=list(map(str, tasks)),
        input={"assigneeId": given},
    )
    again = await api.data(
        "mutation ($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) { task { version } } }",
        who=tenant.owner,
        id=str(tasks[0]),
        input={"assigneeId": given},
    )
    events = await superuser.fetch(
        "SELECT changes FROM events WHERE organization_id = $1 AND type = 'UPDATED' ORDER BY sequence", tenant.id
    )

    assert created["createTask"]["task"] == {"assignee": {"id": str(in_team[one])}}
    found = [result["task"]["assignee"]["id"] for result in updated["updateTasks"]["results"]]
    assert found == [json.loads(row["changes"])["assignee_id"]["after"] for row in events] == theirs
    assert again["updateTask"]["task"]["version"] == 2, "it is theirs already"
