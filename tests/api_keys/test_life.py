"""The life of an API key: made, shown once, used, rotated, revoked, expired."""

import asyncio
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.api_keys.documents import (
    CREATE,
    EXPIRED,
    REVOKE,
    REVOKED,
    ROTATE,
    UNKNOWN,
    ask,
    given,
    make_key,
    refusal,
)
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

LATER = "2099-01-01T00:00:00Z"


async def test_a_new_key_shows_its_secret_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    before = datetime.now(UTC)
    data = await api.data(
        CREATE,
        who=tenant.owner,
        input=given(tenant, name=" Robot ", scopes=["ADMIN", "READ", "ADMIN"], expiresAt=LATER, rateLimitPerMinute=100),
    )
    payload = data["createApiKey"]
    key, secret = payload["apiKey"], payload["secret"]
    assert payload["userErrors"] == []
    assert re.fullmatch(r"trl_[0-9a-f]{32}_[0-9a-f]{40}", secret)
    assert before < datetime.fromisoformat(key["createdAt"]) < datetime.now(UTC)
    assert {name: value for name, value in key.items() if name not in ("createdAt", "secretCreatedAt")} == {
        "id": str(UUID(secret.split("_")[1])),
        "name": "Robot",
        "prefix": secret[: -len(secret.split("_")[2])],
        "scopes": ["READ", "ADMIN"],
        "rateLimitPerMinute": 100,
        "expiresAt": LATER,
        "revokedAt": None,
        "lastUsedAt": None,
        "formerSecretExpiresAt": None,
        "createdBy": {"email": tenant.owner},
        "organization": {"slug": tenant.slug},
    }
    kept = await superuser.fetchval("SELECT secret_hash FROM api_keys WHERE id = $1", UUID(key["id"]))
    assert kept == hashlib.sha256(secret.encode()).digest()
    assert await events_of(superuser, tenant) == [
        {
            "type": "CREATED",
            "subject_type": "ApiKey",
            "subject_id": UUID(key["id"]),
            "actor_id": tenant.users[0],
            "changes": {
                "name": [None, "Robot"],
                "scopes": [None, ["READ", "ADMIN"]],
                "expires_at": [None, "2099-01-01T00:00:00+00:00"],
                "rate_limit_per_minute": [None, 100],
            },
        }
    ]


@pytest.mark.parametrize("header", ["Authorization", "authorization lower", "X-API-Key"])
async def test_a_key_calls_as_itself(api: Api, superuser: "asyncpg.Connection[Any]", header: str) -> None:
    tenant, _ = await make_tenant(superuser), await make_tenant(superuser)
    key_id, key = await make_key(api, tenant)
    headers = {"X-API-Key": key} if header == "X-API-Key" else {"Authorization": f"Bearer {key}"}
    if header == "authorization lower":
        headers = {"authorization": f"bearer  {key} "}
    response = await api.send_with(
        headers, "{ viewer { user { id } apiKey { id name } organizations { nodes { slug viewerRole } } } }"
    )
    assert response.json()["data"]["viewer"] == {
        "user": None,
        "apiKey": {"id": key_id, "name": "Robot"},
        "organizations": {"nodes": [{"slug": tenant.slug, "viewerRole": None}]},
    }


async def test_a_person_is_no_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    viewer = "{ viewer { user { email } apiKey { id } } }"
    assert await api.data(viewer, who=tenant.owner) == {"viewer": {"user": {"email": tenant.owner}, "apiKey": None}}
    assert (await api.ask(viewer, who=None))["data"] == {"viewer": {"user": None, "apiKey": None}}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"name": " "}, "BLANK", "name"),
        ({"name": "\ufeff"}, "BLANK", "name"),
        ({"name": "a" * 101}, "TOO_LONG", "name"),
        ({"scopes": []}, "TOO_SHORT", "scopes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "INVALID", "expiresAt"),
        ({"rateLimitPerMinute": 0}, "INVALID", "rateLimitPerMinute"),
        ({"rateLimitPerMinute": 1_000_001}, "INVALID", "rateLimitPerMinute"),
        ({"organizationId": str(new_id())}, "NOT_FOUND", "organizationId"),
    ],
)
async def test_a_mistake_makes_no_key(
    api: Api, superuser: "asyncpg.Connection[Any]", wrong: dict[str, Any], code: str, field: str
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given(tenant, **wrong))
    payload = data["createApiKey"]
    assert (payload["apiKey"], payload["secret"]) == (None, None)
    assert [(one["code"], one["path"]) for one in payload["userErrors"]] == [(code, ["input", field])]


async def test_a_deleted_organization_gets_no_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    async with unchanged(superuser, tenant):
        data = await api.data(CREATE, who=tenant.owner, input=given(tenant))
    assert [one["code"] for one in data["createApiKey"]["userErrors"]] == ["PARENT_DELETED"]


@pytest.mark.parametrize("document", [ROTATE, REVOKE])
async def test_the_key_of_others_is_not_there(api: Api, superuser: "asyncpg.Connection[Any]", document: str) -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    async with unchanged(superuser, tenant, stranger):
        there = await api.error(document, who=stranger.owner, id=str(tenant.api_keys[0]))
        nowhere = await api.error(document, who=stranger.owner, id=str(new_id()))
    assert there == nowhere
    assert (there["message"], there["extensions"]) == ("There is no such API key.", {"code": "NOT_FOUND"})


async def test_a_revoked_key_is_out_from_its_next_request_on(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, key = await make_key(api, tenant)
    await ask(api, key)
    first = (await api.data(REVOKE, who=tenant.owner, id=key_id))["revokeApiKey"]
    assert await refusal(api, key) == REVOKED

    async with unchanged(superuser, tenant):
        again = (await api.data(REVOKE, who=tenant.owner, id=key_id))["revokeApiKey"]
    assert again == first
    assert (first["apiKey"]["id"], first["secret"], first["userErrors"]) == (key_id, None, [])
    moment = first["apiKey"]["revokedAt"]
    [_, event] = await events_of(superuser, tenant)
    assert list(event["changes"]) == ["revoked_at"]
    assert datetime.fromisoformat(event["changes"]["revoked_at"][1]) == datetime.fromisoformat(moment)


async def test_an_expired_key_is_out(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    soon = datetime.now(UTC) + timedelta(seconds=0.5)
    _, key = await make_key(api, tenant, expiresAt=soon.isoformat())
    assert "errors" not in await ask(api, key)
    await asyncio.sleep((soon - datetime.now(UTC)).total_seconds() + 0.05)
    assert await refusal(api, key) == EXPIRED


async def test_a_server_that_never_saw_the_key_refuses_it_as_well(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    key_id, key = await make_key(api, tenant)
    await api.data(REVOKE, who=tenant.owner, id=key_id)
    assert await refusal(api, key) == REVOKED


async def test_a_wrong_secret_is_nobody(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    _, key = await make_key(api, tenant)
    _, others = await make_key(api, other)
    last = "0" if key[-1] != "0" else "1"
    mixed = "_".join([*key.split("_")[:2], others.split("_")[2]])
    for wrong in (key[:-1] + last, mixed, f"trl_{new_id().hex}_{key.split('_')[2]}"):
        assert await refusal(api, wrong) == UNKNOWN
    assert "errors" not in await ask(api, key)


@pytest.mark.parametrize("text", ["trl_", "trl_abc_def", f"trl_{'0' * 32}_{'0' * 39}", f"trl_{'0' * 32}_{'G' * 40}"])
async def test_what_is_no_key_is_refused(api: Api, text: str) -> None:
    assert await refusal(api, text) == "This is no API key: one is `trl_`, its id, `_` and its secret."


async def test_two_ways_to_call_at_once_are_refused(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    _, key = await make_key(api, tenant)
    response = await api.send_with({**api.headers(tenant.owner), "X-API-Key": key}, "{ viewer { user { id } } }")
    assert response.status_code == 401
    [error] = response.json()["errors"]
    assert error["message"] == "Send one `Authorization` or one `X-API-Key` header, not several."


async def test_a_key_outlives_who_made_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, key = await make_key(api, tenant)
    await superuser.execute("UPDATE organization_members SET deleted_at = now() WHERE organization_id = $1", tenant.id)
    assert (await ask(api, key))["data"]["viewer"]["apiKey"]["id"] == key_id


async def test_another_scope_is_seen_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """What a server remembers of a key is not used for longer than it is true."""
    tenant = await make_tenant(superuser)
    key_id, key = await make_key(api, tenant, "WRITE_TASKS")
    create = (
        f'mutation {{ createTask(input: {{teamId: "{tenant.teams[0]}", title: "A"}}) {{ userErrors {{ code }} }} }}'
    )
    assert "errors" not in await ask(api, key, create)
    await superuser.execute("UPDATE api_keys SET scopes = '{READ}' WHERE id = $1", UUID(key_id))
    assert [error["extensions"]["code"] for error in (await ask(api, key, create))["errors"]] == ["FORBIDDEN"]


async def test_keys_are_listed_with_those_that_have_ended(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    ended, _ = await make_key(api, tenant, name="Ended")
    live, key = await make_key(api, tenant, name="Live")
    await api.data(REVOKE, who=tenant.owner, id=ended)
    document = "query ($slug: String!) { organization(by: {slug: $slug}) { apiKeys { totalCount nodes { id } } } }"
    expected = {"totalCount": 3, "nodes": [{"id": live}, {"id": ended}, {"id": str(tenant.api_keys[0])}]}
    data = await api.data(document, who=tenant.owner, slug=tenant.slug)
    assert data == {"organization": {"apiKeys": expected}}
    assert (await ask(api, key, document, slug=tenant.slug))["data"] == data


async def test_a_purged_organization_takes_its_keys_along(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    _, key = await make_key(api, tenant, "WRITE_TASKS")
    done = await ask(
        api, key, f'mutation {{ updateTask(id: "{tenant.tasks[0]}", input: {{title: "A"}}) {{ task {{ id }} }} }}'
    )
    assert "errors" not in done
    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)
    assert "errors" not in await ask(api, key)  # as its members are, who may still restore it
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    await api.data(f'mutation {{ purgeDeletion(id: "{deletion}") {{ purged {{ tasks }} }} }}', who=tenant.owner)
    assert await refusal(api, key) == UNKNOWN
    for table in ("api_keys", "events", "organizations"):
        column = "id" if table == "organizations" else "organization_id"
        assert await superuser.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", tenant.id) == 0
