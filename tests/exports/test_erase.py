"""Somebody is erased: no file that knew them can be fetched any more, and what is being written begins anew."""

import asyncio
import gzip
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app import time_limits
from app.config import Settings
from app.db.engine import Database as Connections
from app.exports.process import Exporter
from app.purging.purge_job import purge_due
from tests.api import Api
from tests.conftest import Database
from tests.erasing import erase
from tests.export_files.exporting import exported
from tests.exports.jobs import ask, finished
from tests.exports.test_process import PATIENT, file_of, make_export
from tests.exports.test_process import state as state_of
from tests.factories import Tenant, make_tenant
from tests.locks import until_waiting


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    tenant = await make_tenant(superuser, members=3, documents=1)
    await superuser.execute("UPDATE tasks SET creator_id = $1 WHERE id = $2", tenant.users[1], tenant.tasks[0])
    return tenant


def second_of(tenant: Tenant) -> str:
    return tenant.owner.replace("person1", "person2")


@pytest.mark.parametrize("by_an_owner", [False, True])
async def test_a_finished_file_goes(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]", database: Database, by_an_owner: bool
) -> None:
    other = await make_tenant(superuser)
    payload = await ask(api, tenant)
    export_id = UUID(payload["export"]["id"])
    await finished(api, tenant, str(export_id))

    who, within = (tenant.owner, tenant) if by_an_owner else (second_of(tenant), None)
    assert (await erase(api, who, tenant.users[1], within))["userErrors"] == []
    fetched = await api.http.get(f"/{payload['url']}")
    background = Connections.open(Settings(database_url=database.runtime_url), time_limits.BACKGROUND, size=1)
    await purge_due(background)
    await background.close()

    assert fetched.status_code == 404
    left = "SELECT count(*) FROM exports JOIN export_chunks ON export_id = id WHERE exports.organization_id = $1"
    assert await superuser.fetchval(left, tenant.id) == 0
    assert await superuser.fetchval("SELECT expires_at > now() FROM exports WHERE organization_id = $1", other.id)


async def test_what_is_exported_afterwards_knows_nothing_of_them(api: Api, tenant: Tenant, database: Database) -> None:
    before = (await exported(database.runtime_url, tenant.slug)).decode()
    await erase(api, second_of(tenant), tenant.users[1])

    after = (await exported(database.runtime_url, tenant.slug)).decode()

    traces = (second_of(tenant), "Person 2", f'"creator":"{tenant.users[1]}"', f'"person":"{tenant.users[1]}"')
    assert [one in before for one in traces] == [True] * 4
    assert [one in after for one in traces] == [False] * 4


async def test_one_that_is_being_written_begins_anew(
    api: Api, tenant: Tenant, database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    """It has read people as they were before, and waits for the documents."""
    await superuser.execute("DELETE FROM exports WHERE organization_id = $1", tenant.id)
    export_id = await make_export(superuser, tenant, due="1 day")  # so that the server of these tests leaves it alone
    blocker = await asyncpg.connect(database.superuser_url)
    await blocker.execute("BEGIN; LOCK TABLE document_texts")
    connections = Connections.open(Settings(database_url=database.runtime_url), PATIENT, size=2)
    exporter = Exporter(connections)
    await superuser.execute("UPDATE exports SET due_at = now() WHERE id = $1", export_id)
    writing = asyncio.create_task(exporter.work())
    await until_waiting(superuser)

    await erase(api, second_of(tenant), tenant.users[1])
    await blocker.close()
    await writing
    async with asyncio.timeout(60):
        while (await state_of(superuser, export_id))[0] != "COMPLETED":
            await exporter.work()
            await asyncio.sleep(0.02)
    await connections.close()

    text = gzip.decompress(await file_of(superuser, export_id)).decode()
    assert (second_of(tenant) in text, text.count('"type":"member"')) == (False, 2)


async def test_who_asks_for_one_meanwhile_waits_until_they_are_erased(
    api: Api, tenant: Tenant, database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    connection = await asyncpg.connect(database.runtime_url)
    await connection.execute("BEGIN")
    await connection.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[1])
    assert await connection.fetchval("SELECT trellis_erase($1, NULL, $1, NULL)", tenant.users[1]) == []
    asking = asyncio.create_task(ask(api, tenant))
    await until_waiting(superuser)
    await connection.execute("COMMIT")
    await connection.close()

    payload = await asking
    await finished(api, tenant, payload["export"]["id"])

    text = gzip.decompress((await api.http.get(f"/{payload['url']}")).content).decode()
    assert (second_of(tenant) in text, text.count('"type":"member"')) == (False, 2)
