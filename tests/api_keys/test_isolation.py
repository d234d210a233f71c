"""What the database itself lets an API key see, and when it does not let it in."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.auth.secrets import new_key, presented
from app.db.columns import new_id
from tests.api import Api
from tests.api_keys.documents import ask, insert_keys, make_key
from tests.factories import Tenant, make_tenant

IDENTIFY = "SELECT trellis_identify_key($1, $2, $3, $4)"
NOTE = "SELECT trellis_note_uses(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[now()])"


async def some_key(superuser: "asyncpg.Connection[Any]", scope: str = "ADMIN") -> tuple[Tenant, UUID, bytes]:
    """A tenant, and the id and hash of one of its keys."""
    tenant = await make_tenant(superuser)
    key = presented((await insert_keys(superuser, tenant))[scope])
    return tenant, key.id, key.secret_hash


async def test_a_key_sees_its_own_organization_and_no_other(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, key_id, kept = await some_key(superuser)
    await some_key(superuser)
    await runtime.fetchval(IDENTIFY, tenant.id, key_id, kept, None)
    assert await runtime.fetchval("SELECT array_agg(id) FROM organizations") == [tenant.id]
    assert await runtime.fetchval("SELECT array_agg(DISTINCT organization_id) FROM tasks") == [tenant.id]
    assert await runtime.fetchval("SELECT array_agg(id) FROM users") == tenant.users


async def test_a_key_is_found_before_its_organization_is_known_and_sees_only_itself(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, key_id, kept = await some_key(superuser, "WRITE_TASKS")
    found = await runtime.fetchrow("SELECT * FROM trellis_find_key($1)", key_id)
    assert found is not None
    assert (found["organization_id"], found["secret_hash"], found["scopes"]) == (tenant.id, kept, ["WRITE_TASKS"])
    assert await runtime.fetchval("SELECT array_agg(id) FROM api_keys") == [key_id]
    assert await runtime.fetchval("SELECT count(*) FROM tasks") == 0


@pytest.mark.parametrize(
    ("change", "sqlstate"),
    [
        ("revoked_at = now()", "TRL07"),
        ("expires_at = now()", "TRL08"),
        ("secret_hash = sha256('another')", "TRL09"),
        (
            "former_secret_hash = secret_hash, former_secret_expires_at = now(), secret_hash = sha256('another')",
            "TRL09",
        ),
    ],
)
async def test_a_key_that_has_ended_is_nobody(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]", change: str, sqlstate: str
) -> None:
    tenant, key_id, kept = await some_key(superuser)
    await superuser.execute(f"UPDATE api_keys SET {change} WHERE id = $1", key_id)
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with runtime.transaction():
            await runtime.fetchval(IDENTIFY, tenant.id, key_id, kept, None)
    assert refused.value.sqlstate == sqlstate
    assert await runtime.fetchval("SELECT count(*) FROM organizations") == 0


async def test_a_key_says_its_own_organization_or_none(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    _, key_id, kept = await some_key(superuser)
    other = await make_tenant(superuser)
    for organization_id, one in ((other.id, key_id), (other.id, new_id())):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with runtime.transaction():
                await runtime.fetchval(IDENTIFY, organization_id, one, kept, None)
        assert refused.value.sqlstate == "TRL06"
    assert await runtime.fetchval("SELECT count(*) FROM organizations") == 0


@pytest.mark.parametrize("change", ["scopes = '{READ}'", "rate_limit_per_minute = 7"])
async def test_what_has_changed_about_a_key_is_noticed(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]", change: str
) -> None:
    tenant, key_id, kept = await some_key(superuser)
    fingerprint = await runtime.fetchval(IDENTIFY, tenant.id, key_id, kept, None)
    assert await runtime.fetchval(IDENTIFY, tenant.id, key_id, kept, fingerprint) == fingerprint
    await superuser.execute(f"UPDATE api_keys SET {change} WHERE id = $1", key_id)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await runtime.fetchval(IDENTIFY, tenant.id, key_id, kept, fingerprint)
    assert refused.value.sqlstate == "TRL01"


@pytest.mark.parametrize(("scope", "reads"), [("READ", "on"), ("WRITE_TASKS", "off")])
async def test_a_key_that_may_only_read_gets_a_transaction_to_read_in(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]", scope: str, reads: str
) -> None:
    tenant, key_id, kept = await some_key(superuser, scope)
    await runtime.fetchval(IDENTIFY, tenant.id, key_id, kept, None)
    assert await runtime.fetchval("SHOW transaction_read_only") == reads


async def test_nobody_but_the_function_that_notes_uses_is_shown_keys_for_it(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, key_id, _ = await some_key(superuser)
    await runtime.execute("SELECT set_config('app.purpose', 'note uses', true)")
    assert await runtime.fetchval("SELECT count(*) FROM api_keys") == 0
    assert await runtime.execute("UPDATE api_keys SET name = 'Mine'") == "UPDATE 0"
    await runtime.execute(NOTE, tenant.id, key_id)
    assert await runtime.fetchval("SELECT current_setting('app.purpose')") == ""


async def test_a_key_of_another_organization_than_is_said_is_not_noted(
    api: Api, superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]"
) -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    key_id, _ = await make_key(api, tenant)
    await runtime.execute(NOTE, other.id, UUID(key_id))
    assert await superuser.fetchval("SELECT last_used_at FROM api_keys WHERE id = $1", UUID(key_id)) is None


async def test_reading_with_a_key_costs_what_it_costs_a_person(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    _, key = await make_key(api, tenant)
    query = "query ($slug: String!) { organization(by: {slug: $slug}) { name teams { nodes { name } } } }"
    counts = []
    for _ in range(2):
        await ask(api, key, query, slug=tenant.slug)
        counts.append(len(api.statements))
    await api.data(query, who=tenant.owner, slug=tenant.slug)
    await api.data(query, who=tenant.owner, slug=tenant.slug)
    assert counts == [len(api.statements) + 1, len(api.statements)]  # the first time, the key is found


async def test_strangers_who_guess_are_not_remembered(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Otherwise they could push out those who are known."""
    tenant = await make_tenant(superuser)
    costs = []
    for _ in range(3):
        guess = new_key(tenant.api_keys[0])
        response = await api.send_with({"X-API-Key": guess}, "{ __typename }")
        assert response.status_code == 401
        assert [one for one in api.statements if "BEGIN" in one] == []
        costs.append(len(api.statements))
    assert costs[1:] == [1, 1]  # with the first, the driver asks about types
