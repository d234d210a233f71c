"""Rotating an API key: a new secret, and the old one for a time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.api import Api
from tests.api_keys.documents import REPLACED, ROTATE, UNKNOWN, ask, expire, make_key, refusal
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged


async def test_a_rotated_key_has_both_secrets_for_a_time(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, first = await make_key(api, tenant)
    data = await api.data(ROTATE, who=tenant.owner, id=key_id, grace=60)
    second, key = data["rotateApiKey"]["secret"], data["rotateApiKey"]["apiKey"]

    assert second.startswith(key["prefix"])
    assert second != first
    left = datetime.fromisoformat(key["formerSecretExpiresAt"]) - datetime.fromisoformat(key["secretCreatedAt"])
    assert timedelta(seconds=59) < left < timedelta(seconds=61)
    for secret in (first, second):
        assert (await ask(api, secret))["data"]["viewer"]["apiKey"]["id"] == key_id

    await expire(superuser, "former_secret_expires_at", key_id)
    assert await refusal(api, first) == REPLACED
    assert (await ask(api, second))["data"]["viewer"]["apiKey"]["id"] == key_id


async def test_without_a_grace_period_the_old_secret_ends_at_once(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    key_id, first = await make_key(api, tenant)
    await ask(api, first)
    data = await api.data(ROTATE, who=tenant.owner, id=key_id, grace=0)
    assert data["rotateApiKey"]["apiKey"]["formerSecretExpiresAt"] is None
    assert await refusal(api, first) == REPLACED
    assert (await ask(api, data["rotateApiKey"]["secret"]))["data"]["viewer"]["apiKey"]["id"] == key_id


async def test_of_the_secrets_before_only_the_last_has_a_grace_period(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    key_id, first = await make_key(api, tenant)
    second, third = [(await api.data(ROTATE, who=tenant.owner, id=key_id))["rotateApiKey"]["secret"] for _ in range(2)]
    assert await refusal(api, first) == UNKNOWN
    for secret in (second, third):
        assert (await ask(api, secret))["data"]["viewer"]["apiKey"]["id"] == key_id


async def test_a_rotation_is_an_event_that_tells_no_secret(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, _ = await make_key(api, tenant)
    await api.data(ROTATE, who=tenant.owner, id=key_id)
    [_, event] = await events_of(superuser, tenant)
    assert (event["type"], event["subject_id"]) == ("UPDATED", UUID(key_id))
    assert sorted(event["changes"]) == ["former_secret_expires_at", "secret_created_at"]


@pytest.mark.parametrize("grace", [-1, 2_592_001])
async def test_a_grace_period_has_limits(api: Api, superuser: "asyncpg.Connection[Any]", grace: int) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        data = await api.data(ROTATE, who=tenant.owner, id=str(tenant.api_keys[0]), grace=grace)
    assert [(one["code"], one["path"]) for one in data["rotateApiKey"]["userErrors"]] == [("INVALID", ["graceSeconds"])]
    assert (data["rotateApiKey"]["apiKey"], data["rotateApiKey"]["secret"]) == (None, None)


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_key_that_has_ended_gets_no_new_secret(
    api: Api, superuser: "asyncpg.Connection[Any]", column: str
) -> None:
    tenant = await make_tenant(superuser)
    await expire(superuser, column, str(tenant.api_keys[0]))
    async with unchanged(superuser, tenant):
        data = await api.data(ROTATE, who=tenant.owner, id=str(tenant.api_keys[0]))
    assert data["rotateApiKey"]["userErrors"] == [
        {"code": "INVALID", "message": "This key has ended: make a new one.", "path": ["id"]}
    ]
