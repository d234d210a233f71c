"""Reading the log: what an event says, and in which order events come."""

from typing import Any
from uuid import UUID

import asyncpg

from tests.api import Api
from tests.events.reading import log, make_log
from tests.factories import make_tenant

UPDATE = """mutation ($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) {
    task { id } userErrors { code } } }"""
DELETE = "mutation ($id: ID!) { deleteTask(id: $id) { deletion { id } } }"
EVENT = """id sequence type subjectType subjectId actor { email } requestId createdAt
    subject { __typename id ... on Task { title deletedAt } } changes { field before after }"""


async def test_an_event_says_what_was_done_by_whom_to_what(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    task = str(tenant.tasks[0])
    given = {"title": "Other", "dueDate": "2026-12-31", "estimate": 2.5, "tags": ["a"], "assigneeId": None}
    await api.data(UPDATE, who=tenant.owner, id=task, input=given)

    [event] = (await log(api, tenant, EVENT))["nodes"]

    assert UUID(event.pop("id")).version == 7
    row = await superuser.fetchrow("SELECT created_at, request_id FROM events WHERE organization_id = $1", tenant.id)
    assert row is not None
    assert event == {
        "sequence": 1,
        "type": "UPDATED",
        "subjectType": "Task",
        "subjectId": task,
        "actor": {"email": tenant.owner},
        "requestId": row["request_id"],
        "createdAt": row["created_at"].isoformat().replace("+00:00", "Z"),
        "subject": {"__typename": "Task", "id": task, "title": "Other", "deletedAt": None},
        "changes": [
            {"field": "assigneeId", "before": str(tenant.team_members[0]), "after": None},
            {"field": "dueDate", "before": None, "after": "2026-12-31"},
            {"field": "estimate", "before": None, "after": 2.5},
            {"field": "tags", "before": [], "after": ["a"]},
            {"field": "title", "before": "Task 1", "after": "Other"},
        ],
    }


async def test_moments_are_written_as_in_their_own_fields(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Also what an earlier version wrote, and nothing of a text that looks like one."""
    tenant = await make_tenant(superuser)
    text = "2026-01-01T00:00:00+00:00"
    given = {"title": text, "status": "DONE"}
    await api.data(UPDATE, who=tenant.owner, id=str(tenant.tasks[0]), input=given)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))
    old = """UPDATE events SET changes = '{"completed_at": {"before": null, "after": "2026-01-02T03:04:05.6-00:00"}}'
             WHERE organization_id = $1 AND sequence = 2"""

    shown = [
        {change["field"]: change for change in event["changes"]} for event in (await log(api, tenant, EVENT))["nodes"]
    ]
    await superuser.execute(old, tenant.id)
    deleted, *_ = (await log(api, tenant, EVENT))["nodes"]

    row = await superuser.fetchrow("SELECT completed_at, deleted_at FROM tasks WHERE id = $1", tenant.tasks[0])
    assert row is not None
    completed_at, deleted_at = (moment.isoformat().replace("+00:00", "Z") for moment in row)
    assert shown[1]["completedAt"] == {"field": "completedAt", "before": None, "after": completed_at}
    assert shown[1]["title"]["after"] == text
    assert shown[0]["deletedAt"] == {"field": "deletedAt", "before": None, "after": deleted_at}
    assert deleted["changes"] == [{"field": "completedAt", "before": None, "after": "2026-01-02T03:04:05.6Z"}]


async def test_a_deleted_subject_is_still_shown(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))

    [event] = (await log(api, tenant, "type subject { id ... on Task { deletedAt } }"))["nodes"]

    assert event["type"] == "DELETED"
    assert event["subject"]["id"] == str(tenant.tasks[0])
    assert event["subject"]["deletedAt"] is not None


async def test_a_purged_subject_is_null_and_its_id_stays(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))
    await superuser.execute("DELETE FROM tasks WHERE id = $1", tenant.tasks[0])

    [event] = (await log(api, tenant, "subjectId subject { id } changes { field }"))["nodes"]

    assert (event["subjectId"], event["subject"]) == (str(tenant.tasks[0]), None)
    assert [change["field"] for change in event["changes"]] == ["deletedAt", "deletionId"]


async def test_what_nobody_did_has_no_actor(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await make_log(superuser, tenant, 1, 2)

    assert [event["actor"] for event in (await log(api, tenant, "actor { id }"))["nodes"]] == [
        None,
        {"id": str(tenant.users[1])},
    ]


async def test_an_event_is_found_by_its_id(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.tasks[0]))
    [event] = (await log(api, tenant, "id"))["nodes"]
    document = "query ($id: ID!) { node(id: $id) { ... on Event { sequence } } }"

    assert await api.data(document, who=tenant.owner, id=event["id"]) == {"node": {"sequence": 1}}
    assert await api.data(document, who=stranger.owner, id=event["id"]) == {"node": None}


async def test_pages_lead_through_the_log_both_ways(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await make_log(superuser, tenant, *range(1, 6))

    first = await log(api, tenant, first=2)
    second = await log(api, tenant, first=2, after=first["pageInfo"]["endCursor"])
    back = await log(api, tenant, last=2, before=second["edges"][1]["cursor"])

    pages = [[event["sequence"] for event in page["nodes"]] for page in (first, second, back)]
    assert pages == [[5, 4], [3, 2], [4, 3]]
    assert [page["totalCount"] for page in (first, second, back)] == [5, 5, 5]
    assert first["pageInfo"]["hasNextPage"] is True


async def test_every_object_has_its_own_events(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await api.data(
        """mutation ($team: ID!, $member: ID!, $teamMember: ID!, $task: ID!) {
            updateTask(id: $task, input: {title: "Other"}) { task { id } }
            updateTeamMember(id: $teamMember, role: VIEWER) { teamMember { id } }
            updateOrganizationMember(id: $member, role: ADMIN) { organizationMember { id } }
            updateTeam(id: $team, input: {name: "Other"}) { team { id } }
        }""",
        who=tenant.owner,
        team=str(tenant.teams[0]),
        member=str(tenant.members[1]),
        teamMember=str(tenant.team_members[1]),
        task=str(tenant.tasks[0]),
    )

    nodes = await api.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Task { events { nodes { sequence } } } ... on TeamMember { events { nodes { sequence } } }
            ... on OrganizationMember { events { nodes { sequence } } } ... on Team { events { nodes { sequence } } }
        } }""",
        who=tenant.owner,
        ids=[str(one) for one in (tenant.tasks[0], tenant.team_members[1], tenant.members[1], tenant.teams[0])],
    )

    assert [[event["sequence"] for event in one["events"]["nodes"]] for one in nodes["nodes"]] == [[1], [2], [3], [4]]
