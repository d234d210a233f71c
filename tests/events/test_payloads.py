"""The log in the payload of the mutation that wrote it."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

CREATE = "createTask(input: {teamId: $team, title: $title})"
OWN = "events { totalCount nodes { sequence type } }"


async def test_a_payload_shows_its_own_event(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    data = await api.data(
        f"mutation ($team: ID!, $title: String!) {{ {CREATE} {{ task {{ id {OWN} organization {{ {OWN} }} }} }} }}",
        who=tenant.owner,
        team=str(tenant.teams[0]),
        title="New",
    )

    task = data["createTask"]["task"]
    own = {"totalCount": 1, "nodes": [{"sequence": 1, "type": "CREATED"}]}
    assert (task["events"], task["organization"]["events"]) == (own, own)
    assert [event["subject_id"] for event in await events_of(superuser, tenant)] == [UUID(task["id"])]


async def test_each_payload_shows_what_has_happened_until_then(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    data = await api.data(
        f"""mutation ($team: ID!, $title: String!, $task: ID!) {{
            one: {CREATE} {{ task {{ organization {{ {OWN} }} }} }}
            two: deleteTask(id: $task) {{ deletion {{ subject {{ ... on Task {{ {OWN} }} }} }} }}
            three: restoreTask(id: $task) {{ task {{ {OWN} organization {{ {OWN} }} }} }}
        }}""",
        who=tenant.owner,
        team=str(tenant.teams[0]),
        title="New",
        task=str(tenant.tasks[0]),
    )

    made, deleted, restored = (
        {"sequence": place, "type": what} for place, what in enumerate(("CREATED", "DELETED", "RESTORED"), 1)
    )
    assert data["one"]["task"]["organization"]["events"] == {"totalCount": 1, "nodes": [made]}
    assert data["two"]["deletion"]["subject"]["events"] == {"totalCount": 1, "nodes": [deleted]}
    assert data["three"]["task"] == {
        "events": {"totalCount": 2, "nodes": [restored, deleted]},
        "organization": {"events": {"totalCount": 3, "nodes": [restored, deleted, made]}},
    }


async def test_what_was_undone_is_in_no_log(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    data = await api.data(
        f"""mutation ($team: ID!, $title: String!, $task: ID!) {{
            one: {CREATE} {{ task {{ organization {{ {OWN} }} }} }}
            two: moveTask(id: $task, teamId: "{tenant.id}") {{ userErrors {{ code }} }}
            three: deleteTask(id: $task) {{ deletedIds }}
        }}""",
        who=tenant.owner,
        team=str(tenant.teams[0]),
        title="New",
        task=str(tenant.tasks[0]),
    )

    assert data["two"] == {"userErrors": [{"code": "NOT_FOUND"}]}
    assert [event["type"] for event in await events_of(superuser, tenant)] == ["CREATED", "DELETED"]


async def test_what_cannot_be_read_back_is_not_written(database: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), lock_timeout=0.2)
    async with serving(settings) as api:
        document = f"mutation ($team: ID!, $title: String!) {{ {CREATE} {{ task {{ id SELECTION }} }} }}"
        given = {"team": str(tenant.teams[0]), "title": "New"}
        await api.data(document.replace("SELECTION", ""), who=tenant.owner, **given)
        async with superuser.transaction():
            await superuser.execute("SELECT FROM event_counters WHERE organization_id = $1 FOR UPDATE", tenant.id)
            async with unchanged(superuser, tenant):
                failed = await api.send(document.replace("SELECTION", OWN), who=tenant.owner, **given)

    assert failed.status_code == 503
    assert failed.json() == {
        "errors": [
            {
                "message": "Nothing was written, because reading it back failed: try again.",
                "extensions": {"code": "SERVICE_UNAVAILABLE"},
            }
        ]
    }


@pytest.mark.parametrize("statement", ["UPDATE events SET request_id = 'x'", "DELETE FROM events"])
async def test_the_log_is_only_added_to(
    database: Any, superuser: "asyncpg.Connection[Any]", api: Api, statement: str
) -> None:
    tenant = await make_tenant(superuser)
    await api.data(f'mutation {{ deleteTask(id: "{tenant.tasks[0]}") {{ deletedIds }} }}', who=tenant.owner)
    runtime = await asyncpg.connect(database.runtime_url)
    try:
        await runtime.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])
        async with unchanged(superuser, tenant):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for table events"):
                await runtime.execute(statement)
    finally:
        await runtime.close()
