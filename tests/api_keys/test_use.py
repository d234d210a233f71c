"""When a key was last used: noted now and then for all keys at once, and never in the way of a request."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from app.api_keys import use
from app.api_keys.use import note_uses, note_uses_regularly
from app.config import Settings
from app.db.identity import Uses
from tests.api import SECRET, Api, serving
from tests.api_keys.documents import REVOKE, ask, make_key, refusal
from tests.factories import make_tenant

LAST_USED = "SELECT last_used_at FROM api_keys WHERE id = $1"


async def test_uses_are_written_when_the_server_stops(database: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with serving(Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))) as api:
        key_id, key = await make_key(api, tenant)
        unused, _ = await make_key(api, tenant)
        begun = datetime.now(UTC)
        for _ in range(3):
            await ask(api, key)
        ended = datetime.now(UTC)
        assert await superuser.fetchval(LAST_USED, UUID(key_id)) is None
    assert begun < await superuser.fetchval(LAST_USED, UUID(key_id)) < ended
    assert await superuser.fetchval(LAST_USED, UUID(unused)) is None


async def test_a_use_changes_nothing_else(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, _ = await make_key(api, tenant)
    row = "SELECT to_jsonb(api_keys) - 'last_used_at' FROM api_keys WHERE id = $1"
    before = await superuser.fetchval(row, UUID(key_id))
    uses: Uses = {}
    uses[tenant.id, UUID(key_id)] = datetime.now(UTC)
    await note_uses(api.database, uses)
    assert await superuser.fetchval(row, UUID(key_id)) == before
    assert await superuser.fetchval(LAST_USED, UUID(key_id)) is not None


async def test_keys_of_many_organizations_are_noted_in_one_statement(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    uses: Uses = {}
    moments = {}
    for amount in (1, 5):  # with the first, the driver asks about types
        for minute in range(amount):
            tenant = await make_tenant(superuser)
            key_id = str(tenant.api_keys[0])
            moments[key_id] = datetime(2026, 1, 1, 12, minute, tzinfo=UTC)
            uses[tenant.id, UUID(key_id)] = moments[key_id]
        api.statements.clear()
        await note_uses(api.database, uses)
    await note_uses(api.database, uses)  # there is nothing any more
    await asyncio.sleep(0)
    assert len(api.statements) == 1
    assert uses == {}
    found = {key_id: await superuser.fetchval(LAST_USED, UUID(key_id)) for key_id in moments}
    assert found == moments


async def test_of_two_servers_the_later_use_stays(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    key_id, late, early = str(tenant.api_keys[0]), datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    for moment in (late, early):
        uses: Uses = {}
        uses[tenant.id, UUID(key_id)] = moment
        await note_uses(api.database, uses)
    assert await superuser.fetchval(LAST_USED, UUID(key_id)) == late


async def test_two_servers_do_not_wait_for_each_other(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenants = [await make_tenant(superuser) for _ in range(20)]
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    servers: list[Uses] = [{}, {}]
    for _ in range(10):
        for uses, order in zip(servers, (tenants, tenants[::-1]), strict=True):
            for tenant in order:
                uses[tenant.id, tenant.api_keys[0]] = moment
        await asyncio.gather(*(note_uses(api.database, uses) for uses in servers))
    assert servers == [{}, {}]


async def test_a_key_in_use_is_not_forgotten_while_uses_are_written(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    key_id, early, late = str(tenant.api_keys[0]), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    uses: Uses = {}
    uses[tenant.id, UUID(key_id)] = early
    async with superuser.transaction():
        await superuser.execute("SELECT FROM api_keys WHERE id = $1 FOR UPDATE", UUID(key_id))
        noting = asyncio.create_task(note_uses(api.database, uses))
        await asyncio.sleep(0.05)
        uses[tenant.id, UUID(key_id)] = late
    await noting
    assert list(uses.values()) == [late]


async def test_what_could_not_be_written_is_logged_and_tried_again(
    api: Api,
    superuser: "asyncpg.Connection[Any]",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tenant = await make_tenant(superuser)
    key_id, moment = str(tenant.api_keys[0]), datetime(2026, 1, 1, tzinfo=UTC)
    uses: Uses = {}
    uses[tenant.id, UUID(key_id)] = moment
    monkeypatch.setattr(use, "PAUSE", 0.01)
    await superuser.execute("ALTER FUNCTION trellis_note_uses RENAME TO away")
    noting = asyncio.create_task(note_uses_regularly(api.database, uses))
    try:
        await asyncio.sleep(0.1)
    finally:
        await superuser.execute("ALTER FUNCTION away RENAME TO trellis_note_uses")
    assert "the last uses of API keys could not be noted" in caplog.text
    assert [record.levelno for record in caplog.records][:1] == [logging.ERROR]
    await asyncio.sleep(0.1)
    assert await superuser.fetchval(LAST_USED, UUID(key_id)) == moment
    noting.cancel()
    await asyncio.gather(noting, return_exceptions=True)


async def test_a_key_that_is_refused_is_not_used(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with serving(api.settings) as other:
        key_id, key = await make_key(other, tenant)
        await other.data(REVOKE, who=tenant.owner, id=key_id)
        await refusal(other, key)
    assert await superuser.fetchval(LAST_USED, UUID(key_id)) is None
