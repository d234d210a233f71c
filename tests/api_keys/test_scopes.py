"""What an API key may do: every mutation, tried with every scope, and what no scope gives."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.api_keys.models import ApiKeyScope
from app.auth import actor
from app.schema import graphql_schema
from tests.actions import ACTIONS, document
from tests.api import Api
from tests.api_keys.documents import ask, insert_keys, make_key
from tests.api_keys.scopes import NEEDED, SCOPES, suffices
from tests.factories import Tenant, make_tenant
from tests.permissions.test_permissions import IDS, MUTATIONS
from tests.unchanged import unchanged

GIVE_ROLE = "UPDATE organization_members SET role = $2 WHERE id = $1"


def test_every_mutation_has_its_scope() -> None:
    assert graphql_schema.mutation_type is not None
    assert set(graphql_schema.mutation_type.fields) == set(NEEDED)


def test_every_description_says_the_scope() -> None:
    assert graphql_schema.mutation_type is not None
    for name, field in graphql_schema.mutation_type.fields.items():
        needed = NEEDED[name]
        said = f"An API key needs {needed}." if needed else "API keys may not."
        assert str(field.description).endswith(said), name


def test_the_scopes_are_the_same_everywhere() -> None:
    assert [scope.name for scope in ApiKeyScope] == list(actor.SCOPES) == list(SCOPES)


@pytest.mark.parametrize("mutation", NEEDED)
async def test_a_narrower_scope_does_not_do(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    tenant, tried = await prepared(api, superuser, mutation)
    keys = await insert_keys(superuser, tenant)
    refused = [scope for scope in SCOPES if not suffices(scope, mutation)]
    async with unchanged(superuser, tenant):
        bodies = [await ask(api, keys[scope], tried) for scope in refused]
    codes = [[error["extensions"]["code"] for error in body["errors"]] for body in bodies]
    assert codes == [["FORBIDDEN"]] * len(refused)


@pytest.mark.parametrize(
    ("mutation", "scope"), [(one, scope) for one in NEEDED for scope in SCOPES if suffices(scope, one)]
)
async def test_a_scope_does(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str, scope: str) -> None:
    tenant, tried = await prepared(api, superuser, mutation)
    key = (await insert_keys(superuser, tenant))[scope]
    body = await ask(api, key, tried)
    assert "errors" not in body, body
    assert body["data"][mutation]["userErrors"] == []
    assert await doers(superuser, tenant) <= {(None, UUID(key.split("_")[1]))}  # a retry is no event


async def prepared(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> tuple[Tenant, str]:
    """A tenant, and the mutation once its owner has done what comes before it, whose events do not count."""
    tenant, action = await make_tenant(superuser, members=3, teams=2, documents=3), ACTIONS[mutation]
    more = {}
    if action.before:
        await api.data(document(action.before, tenant), who=tenant.owner)
        await superuser.execute("DELETE FROM events WHERE organization_id = $1", tenant.id)
        more["deletion"] = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    return tenant, document(action.field, tenant, **more)


async def doers(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> set[tuple[UUID | None, UUID | None]]:
    """The people and keys whose events there are."""
    rows = await superuser.fetch("SELECT actor_id, api_key_id FROM events WHERE organization_id = $1", tenant.id)
    return {tuple(row) for row in rows}


async def test_a_key_that_may_only_read_cannot_write_whatever_lets_it(
    api: Api, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transactions are such that the database refuses every write, also one that nobody thought of."""
    monkeypatch.setattr(actor.Actor, "may", lambda _actor, _scope: True)
    monkeypatch.setattr(actor.Actor, "role_in_teams", lambda _actor, _organization_id: "ADMIN")
    for mutation in ("createTask", "deleteTeam"):
        tenant, tried = await prepared(api, superuser, mutation)
        key = (await insert_keys(superuser, tenant))["READ"]
        async with unchanged(superuser, tenant):
            body = await ask(api, key, tried)
        assert [error["message"] for error in body["errors"]] == [
            "This API key may only read: make one with a wider scope."
        ]


@pytest.mark.parametrize("deleted", ["deleteDocument", "deleteTeam", "removeOrganizationMember"])
async def test_a_deletion_is_undone_with_the_scope_of_what_it_took(
    api: Api, superuser: "asyncpg.Connection[Any]", deleted: str
) -> None:
    tenant, tried = await prepared(api, superuser, deleted)
    await api.data(tried, who=tenant.owner)
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    keys = await insert_keys(superuser, tenant)
    restore = document(ACTIONS["restoreDeletion"].field, tenant, deletion=deletion)
    wide = {"deleteDocument": "WRITE_ALL", "deleteTeam": "WRITE_ALL", "removeOrganizationMember": "ADMIN"}[deleted]
    async with unchanged(superuser, tenant):
        for scope in SCOPES[: SCOPES.index(wide)]:
            [error] = (await ask(api, keys[scope], restore))["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"
    assert (await ask(api, keys[wide], restore))["data"] == {"restoreDeletion": {"userErrors": []}}


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_key_is_told_what_its_scope_lets_it_do(
    api: Api, superuser: "asyncpg.Connection[Any]", scope: str
) -> None:
    tenant = await make_tenant(superuser, members=3, teams=2, documents=3)
    key = (await insert_keys(superuser, tenant))[scope]
    for noun, place in IDS.items():
        asked = document(f'viewer {{ permissions(on: "{place}") }}', tenant).replace("mutation", "query")
        told = (await ask(api, key, asked))["data"]["viewer"]["permissions"]
        needed = {permission: mutation for (of, permission), mutation in MUTATIONS.items() if of == noun}
        expected = {permission for permission, mutation in needed.items() if suffices(scope, mutation)}
        if noun == "Organization" and scope == "WRITE_ALL":
            expected.remove("CREATE_DOCUMENT")  # the organization's own are its admins'
        assert set(told) == expected, noun


async def test_an_idempotency_key_does_not_let_a_reader_write(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=3, teams=2, documents=3)
    _, key = await make_key(api, tenant, "READ")
    headers = {"X-API-Key": key, "Idempotency-Key": "one"}
    async with unchanged(superuser, tenant):
        response = await api.send_with(headers, document(ACTIONS["createTask"].field, tenant))
    assert response.status_code == 403
    assert [error["extensions"] for error in response.json()["errors"]] == [{"code": "FORBIDDEN"}]


@pytest.mark.parametrize("role", ["OWNER", "ADMIN"])
@pytest.mark.parametrize("action", ["add", "remove", "restore"])
async def test_no_key_touches_owners_and_admins(
    api: Api, superuser: "asyncpg.Connection[Any]", action: str, role: str
) -> None:
    """Otherwise a stolen key could make an admin, who makes another key."""
    tenant = await make_tenant(superuser, members=3)
    _, key = await make_key(api, tenant, "ADMIN")
    member = tenant.members[2]
    await superuser.execute(GIVE_ROLE, member, role)
    if action == "restore":
        await api.data(f'mutation {{ removeOrganizationMember(id: "{member}") {{ deletedIds }} }}', who=tenant.owner)
    field = {
        "add": f'inviteToOrganization(input: {{organizationId: "{tenant.id}", email: "a@example.com", role: {role}}})',
        "remove": f'removeOrganizationMember(id: "{member}")',
        "restore": f'restoreOrganizationMember(id: "{member}")',
    }[action]
    async with unchanged(superuser, tenant):
        body = await ask(api, key, f"mutation {{ {field} {{ userErrors {{ code }} }} }}")
    [error] = body["errors"]
    assert error["message"] == "An API key neither makes nor removes owners and admins: it takes a person."


async def test_a_key_reaches_no_other_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Not even one of whoever made it."""
    tenant, other = [await make_tenant(superuser, members=3, teams=2, documents=3) for _ in range(2)]
    await superuser.execute(
        """INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
           VALUES ($1, gen_random_uuid(), $2, 'OWNER', now(), now())""",
        other.id,
        tenant.users[0],
    )
    _, key = await make_key(api, tenant, "ADMIN")
    team = await ask(api, key, "query ($id: ID!) { node(id: $id) { id } team(id: $id) { id } }", id=str(other.teams[0]))
    assert team["data"] == {"node": None, "team": None}
    async with unchanged(superuser, tenant, other):
        for mutation in ("updateTask", "updateTeam", "inviteToOrganization", "updateOrganization"):
            body = await ask(api, key, document(ACTIONS[mutation].field, other))
            errors = body.get("errors") or body["data"][mutation]["userErrors"]
            assert [error.get("code") or error["extensions"]["code"] for error in errors] == ["NOT_FOUND"]


async def test_what_a_key_makes_has_no_person_behind_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, key = await make_key(api, tenant, "WRITE_ALL", name="Robot")
    made = await ask(
        api,
        key,
        """mutation ($organization: ID!, $team: ID!) {
            createTask(input: {teamId: $team, title: "A"}) { task { creator { id } team { viewerRole }
                events { nodes { type actor { id } apiKey { id name } } } } }
            createTeam(input: {organizationId: $organization, key: "R", name: "Robots"}) {
                team { viewerRole members { totalCount } } }
        }""",
        organization=str(tenant.id),
        team=str(tenant.teams[0]),
    )
    assert made["data"] == {
        "createTask": {
            "task": {
                "creator": None,
                "team": {"viewerRole": None},
                "events": {"nodes": [{"type": "CREATED", "actor": None, "apiKey": {"id": key_id, "name": "Robot"}}]},
            }
        },
        "createTeam": {"team": {"viewerRole": None, "members": {"totalCount": 0}}},
    }
    deleted = await ask(
        api,
        key,
        "mutation ($id: ID!) { deleteTask(id: $id) { deletion { deletedBy { id } } } }",
        id=str(tenant.tasks[0]),
    )
    assert deleted["data"] == {"deleteTask": {"deletion": {"deletedBy": None}}}
    found = await ask(
        api,
        key,
        """query ($id: ID!, $filter: EventFilter) {
            organization(by: {id: $id}) { events(filter: $filter) { nodes { type subjectType } } } }""",
        id=str(tenant.id),
        filter={"apiKeyId": {"eq": key_id}},
    )
    assert [(one["type"], one["subjectType"]) for one in found["data"]["organization"]["events"]["nodes"]] == [
        ("DELETED", "Task"),
        ("CREATED", "Team"),
        ("CREATED", "Task"),
    ]


async def test_a_key_has_idempotency_keys_of_its_own(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    _, key = await make_key(api, tenant, "WRITE_TASKS")
    create = f'mutation {{ createTask(input: {{teamId: "{tenant.teams[0]}", title: "A"}}) {{ task {{ key }} }} }}'
    answers = [
        await api.send_with({**who, "Idempotency-Key": "same"}, create)
        for who in ({"X-API-Key": key}, {"X-API-Key": key}, api.headers(tenant.owner))
    ]
    tasks = [answer.json()["data"]["createTask"]["task"]["key"] for answer in answers]
    assert tasks == ["T1-2", "T1-2", "T1-3"]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", None]
