"""Erasing somebody beside all else that happens to them: nobody is half erased, and nothing comes back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.conftest import Database
from tests.erasing import ERASE, erase
from tests.factories import Tenant, make_tenant
from tests.locks import until_waiting
from tests.users.test_erase import KNOWN, second_of
from tests.users.test_erase_within import FORGOTTEN

ERASING = "SELECT trellis_erase($1, NULL, $1, NULL)"
SIGN_IN = "SELECT trellis_sign_in($1, $2, 'Other Name', true, $3)"


@pytest.fixture
async def erasing(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> AsyncIterator[tuple[Tenant, Callable[[], Awaitable[None]]]]:
    """A tenant whose second person has just been erased, in a transaction that the function which comes along ends."""
    tenant = await make_tenant(superuser, members=2)
    connection = await asyncpg.connect(database.runtime_url)
    await connection.execute("BEGIN")
    await connection.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[1])
    assert await connection.fetchval(ERASING, tenant.users[1]) == []

    async def commit() -> None:
        await until_waiting(superuser)
        await connection.execute("COMMIT")

    yield tenant, commit
    await connection.close()


Erasing = tuple[Tenant, Callable[[], Awaitable[None]]]


async def test_who_signs_in_meanwhile_leaves_nothing(
    database: Database, superuser: "asyncpg.Connection[Any]", erasing: Erasing
) -> None:
    """The provider says another name and address just then: the sign-in waits, and takes nothing over."""
    tenant, commit = erasing
    who = second_of(tenant)
    connection = await asyncpg.connect(database.runtime_url)
    signing_in = connection.fetchval(SIGN_IN, who, f"new-{who}", datetime.now(UTC))
    found, _ = await asyncio.gather(signing_in, commit())
    assert found == tenant.users[1]
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await connection.fetchval("SELECT trellis_identify($1, NULL)", found)
    assert refusal.value.sqlstate == "TRL10"
    assert await connection.fetchval(SIGN_IN, who, f"new-{who}", datetime.now(UTC)) != found
    await connection.close()
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN


async def test_what_they_write_meanwhile_is_refused(
    api: Api, superuser: "asyncpg.Connection[Any]", erasing: Erasing
) -> None:
    tenant, commit = erasing
    rename = 'mutation { updateProfile(input: {name: "Canary"}) { userErrors { code } } }'
    response, _ = await asyncio.gather(api.send(rename, who=second_of(tenant)), commit())
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN


async def test_an_import_that_finds_them_meanwhile_makes_somebody_else(
    database: Database, superuser: "asyncpg.Connection[Any]", erasing: Erasing
) -> None:
    tenant, commit = erasing
    connection = await asyncpg.connect(database.runtime_url)
    invited = connection.fetchval("SELECT trellis_invite($1, 'Guest')", second_of(tenant))
    found, _ = await asyncio.gather(invited, commit())
    await connection.close()
    assert found != tenant.users[1]
    assert (await superuser.fetchrow(KNOWN, found))["name"] == "Guest"  # type: ignore[index]  # it is there


async def test_what_they_are_writing_is_waited_for(
    api: Api, database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    """An answer that is just being kept for a retry would name them afterwards."""
    tenant = await make_tenant(superuser, members=2)
    connection = await asyncpg.connect(database.runtime_url)
    await connection.execute("BEGIN")
    await connection.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[1])
    erasing = asyncio.create_task(erase(api, second_of(tenant), tenant.users[1]))
    await until_waiting(superuser)
    keep = "INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at) VALUES ($1, 'a', 'a', now())"
    await connection.execute(keep, tenant.users[1])
    await connection.execute("COMMIT")
    await connection.close()
    assert (await erasing)["erasedId"] == str(tenant.users[1])
    kept = "SELECT count(*) FROM idempotency_keys WHERE actor_id = $1"
    assert await superuser.fetchval(kept, tenant.users[1]) == 0


async def test_queries_wait_for_nobody(api: Api, erasing: Erasing) -> None:
    tenant, _ = erasing
    assert (await api.send("{ viewer { user { name } } }", who=second_of(tenant))).status_code == 200


async def test_of_two_owners_who_erase_themselves_at_once_one_stays(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    for _ in range(5):
        tenant = await make_tenant(superuser, members=2)
        await superuser.execute("UPDATE organization_members SET role = 'OWNER' WHERE id = $1", tenant.members[1])
        people = ((tenant.owner, tenant.users[0]), (second_of(tenant), tenant.users[1]))
        payloads = await asyncio.gather(*(erase(api, who, user) for who, user in people))
        assert sorted(len(one["userErrors"]) for one in payloads) == [0, 1]
        (refused,) = [error for one in payloads for error in one["userErrors"]]
        assert refused["code"] == "LAST_OWNER"


async def test_of_two_owners_who_erase_each_other_at_once_one_stays(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    for _ in range(5):
        tenant = await make_tenant(superuser, members=2)
        await superuser.execute("UPDATE organization_members SET role = 'OWNER' WHERE id = $1", tenant.members[1])
        people = ((tenant.owner, tenant.users[1]), (second_of(tenant), tenant.users[0]))
        named = {"in": str(tenant.id)}
        answers = await asyncio.gather(*(api.send(ERASE, who=who, id=str(user), **named) for who, user in people))
        erased = [one for one in answers if '"erasedId":"' in one.text]
        assert len(erased) == 1
        owners = "SELECT count(*) FROM organization_members WHERE organization_id = $1 AND deleted_at IS NULL"
        assert await superuser.fetchval(owners, tenant.id) == 1


async def test_the_same_person_twice_at_once(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    given = {"who": second_of(tenant), "id": str(tenant.users[1])}
    answers = await asyncio.gather(*(api.send(ERASE, **given) for _ in range(4)))
    assert sum('"erasedId":"' in one.text for one in answers) == 1
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN
    others = "SELECT count(*) FROM events WHERE organization_id = $1 AND subject_type = 'User'"
    assert await superuser.fetchval(others, tenant.id) == 1
