"""The wall of the database itself: what the runtime role can see, write and reach, for every table there is."""

from typing import Any

import asyncpg
import pytest
from sqlalchemy import Table

from tests.factories import Tenant, make_tenant
from tests.tables import GLOBAL, TABLES, make_full_tenant, owner_column, owner_of


@pytest.fixture(scope="module")
async def tenants(superuser: "asyncpg.Connection[Any]") -> tuple[Tenant, Tenant]:
    return await make_full_tenant(superuser), await make_full_tenant(superuser)


async def identify(runtime: "asyncpg.Connection[Any]", tenant: Tenant) -> None:
    await runtime.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_whose_a_row_is_comes_first_in_its_key(table: Table) -> None:
    assert next(iter(table.primary_key.columns)).name == owner_column(table)
    assert owner_column(table) != "id" or table.name == "organizations"


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_these_tests_have_a_row_of_every_table(
    table: Table, tenants: tuple[Tenant, Tenant], superuser: "asyncpg.Connection[Any]"
) -> None:
    for tenant in tenants:
        rows = f"SELECT count(*) FROM {table} WHERE {owner_column(table)} = $1"
        assert await superuser.fetchval(rows, owner_of(table, tenant)) > 0


@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize("table", ["users", *TABLES], ids=str)
async def test_nobody_identified_sees_no_row(table: Table | str, runtime: "asyncpg.Connection[Any]") -> None:
    assert await runtime.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_a_member_sees_their_own_rows_and_no_other(
    table: Table, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    mine, _ = tenants
    await identify(runtime, mine)
    seen = await runtime.fetch(f"SELECT DISTINCT {owner_column(table)} AS owner FROM {table}")
    assert [row["owner"] for row in seen] == [owner_of(table, mine)]


async def test_people_are_seen_by_those_they_share_an_organization_with(
    superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]"
) -> None:
    mine, _ = await make_tenant(superuser, members=3), await make_tenant(superuser)
    await identify(runtime, mine)
    assert {row["id"] for row in await runtime.fetch("SELECT id FROM users")} == set(mine.users)


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_a_row_cannot_be_put_into_another_organization(
    table: Table, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]", superuser: Any
) -> None:
    mine, theirs = tenants
    await identify(runtime, mine)
    row = await superuser.fetchval(
        f"SELECT to_jsonb(t) FROM {table} AS t WHERE {owner_column(table)} = $1", owner_of(table, theirs)
    )
    columns = ", ".join(column.name for column in table.c if column.computed is None)
    before = await superuser.fetchval(f"SELECT count(*) FROM {table}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="violates row-level security policy"):
        await runtime.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1)", row
        )

    assert await superuser.fetchval(f"SELECT count(*) FROM {table}") == before


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_a_row_cannot_be_moved_into_another_organization(
    table: Table, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    mine, theirs = tenants
    await identify(runtime, mine)
    owner = owner_column(table)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(
            f"UPDATE {table} SET {owner} = $1 WHERE {owner} = $2", owner_of(table, theirs), owner_of(table, mine)
        )


@pytest.mark.parametrize("table", [table for table in TABLES if table.name != "events"], ids=str)
async def test_a_row_of_others_is_not_there_to_be_changed(
    table: Table, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    mine, theirs = tenants
    await identify(runtime, mine)
    owner = owner_column(table)
    changed = await runtime.execute(f"UPDATE {table} SET {owner} = {owner} WHERE {owner} = $1", owner_of(table, theirs))
    assert changed == "UPDATE 0"


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_a_row_of_others_is_not_there_to_be_deleted(
    table: Table, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    mine, theirs = tenants
    await identify(runtime, mine)
    try:
        deleted = await runtime.execute(
            f"DELETE FROM {table} WHERE {owner_column(table)} = $1", owner_of(table, theirs)
        )
    except asyncpg.InsufficientPrivilegeError:
        deleted = "not even of one's own"
    assert deleted in {"DELETE 0", "not even of one's own"}


@pytest.mark.parametrize("statement", ["UPDATE events SET actor_id = NULL", "DELETE FROM events"])
async def test_the_log_of_events_is_only_added_to(
    statement: str, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    await identify(runtime, tenants[0])
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for table events"):
        await runtime.execute(statement)


@pytest.mark.parametrize("table", ["users", *TABLES], ids=str)
@pytest.mark.parametrize("statement", ["TRUNCATE {}", "ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "DROP TABLE {}"])
async def test_what_the_server_has_no_use_for_is_denied(
    table: Table | str, statement: str, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    await identify(runtime, tenants[0])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(statement.format(table))


@pytest.mark.parametrize("statement", ["INSERT INTO users DEFAULT VALUES", "UPDATE users SET name = 'x'"])
async def test_people_are_not_written_by_the_server_itself(
    statement: str, tenants: tuple[Tenant, Tenant], runtime: "asyncpg.Connection[Any]"
) -> None:
    await identify(runtime, tenants[0])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(statement)


@pytest.mark.parametrize("table", TABLES, ids=str)
async def test_row_level_security_is_on_and_forced(table: Table, superuser: "asyncpg.Connection[Any]") -> None:
    row = await superuser.fetchrow(
        "SELECT relrowsecurity, relforcerowsecurity, relowner::regrole::text AS owner FROM pg_class"
        " WHERE oid = $1::text::regclass",
        table.name,
    )
    assert row is not None
    assert tuple(row) == (True, True, "trellis_owner")


async def test_no_table_of_the_database_is_unknown_to_these_tests(superuser: "asyncpg.Connection[Any]") -> None:
    names = await superuser.fetchval(
        "SELECT array_agg(relname::text) FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
    )
    assert set(names) == {table.name for table in TABLES} | GLOBAL | {"alembic_version"}


async def test_the_runtime_role_owns_nothing_and_bypasses_nothing(superuser: "asyncpg.Connection[Any]") -> None:
    roles = await superuser.fetch(
        """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles
           WHERE pg_has_role('trellis', oid, 'MEMBER') ORDER BY rolname"""
    )
    assert [tuple(row) for row in roles] == [
        ("trellis", False, False, False, False, False),
        ("trellis_runtime", False, False, False, False, False),
    ]
    owned = await superuser.fetchval(
        """SELECT count(*) FROM pg_shdepend WHERE deptype = 'o'
           AND refobjid IN ('trellis'::regrole::oid, 'trellis_runtime'::regrole::oid)"""
    )
    assert owned == 0
