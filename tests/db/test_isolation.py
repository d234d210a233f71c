"""Identity in the database: it is set in one place, ends with its transaction, and cannot be widened."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.factories import make_tenant

OURS = "FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner = 'trellis_owner'::regrole"
# These read no table: one makes an id, the others are asked by a CHECK or an index as whoever inserts.
HARMLESS = {
    *("uuidv7_now", "trellis_tags_valid", "trellis_terms", "trellis_trigrams", "trellis_cleaned", "trellis_plain"),
    *("trellis_pieces", "trellis_parts", "trellis_pairs", "trellis_words", "trellis_snippet"),
    "trellis_folded",
}
# PostgreSQL inlines only what has no path: these say of each name in them that it is PostgreSQL's own.
INLINED = {"trellis_folded"}
# A schema whose functions and operators would be taken instead of those, where it stands first.
IMPOSTORS = """
CREATE SCHEMA impostors;
CREATE FUNCTION impostors.octet_length(text) RETURNS int LANGUAGE sql RETURN 0;
CREATE FUNCTION impostors.char_length(text) RETURNS int LANGUAGE sql RETURN 1;
CREATE FUNCTION impostors.lower(text) RETURNS text LANGUAGE sql RETURN 'taken';
CREATE FUNCTION impostors.casefold(text) RETURNS text LANGUAGE sql RETURN 'taken';
CREATE FUNCTION impostors.normalize(text, text DEFAULT '') RETURNS text LANGUAGE sql RETURN 'taken';
CREATE FUNCTION impostors.replace(text, text, text) RETURNS text LANGUAGE sql RETURN 'taken';
CREATE FUNCTION impostors.translate(text, text, text) RETURNS text LANGUAGE sql RETURN 'taken';
CREATE FUNCTION impostors.never(int, int) RETURNS boolean LANGUAGE sql RETURN false;
CREATE FUNCTION impostors.never(text, text) RETURNS boolean LANGUAGE sql RETURN false;
CREATE OPERATOR impostors.= (FUNCTION = impostors.never, LEFTARG = int, RIGHTARG = int);
CREATE OPERATOR impostors.!~ (FUNCTION = impostors.never, LEFTARG = text, RIGHTARG = text);
SET LOCAL search_path = impostors, pg_catalog, public;
"""
SETTINGS = "SELECT current_setting('app.actor_id', true), current_setting('app.organization_ids', true)"


@pytest.fixture
async def runtime(database: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection as the server has it."""
    connection = await asyncpg.connect(database.runtime_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
async def test_identity_ends_with_its_transaction(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]", ending: str
) -> None:
    tenant = await make_tenant(superuser)
    await runtime.execute("BEGIN")
    await runtime.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])
    assert await runtime.fetchval("SELECT count(*) FROM organizations") == 1

    await runtime.execute(ending)

    assert tuple(await runtime.fetchrow(SETTINGS) or ()) == ("", "")
    assert await runtime.fetchval("SELECT count(*) FROM organizations") == 0
    assert await runtime.fetchval("SELECT count(*) FROM users") == 0


async def test_identity_outside_of_a_transaction_ends_with_its_statement(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await runtime.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])
    assert await runtime.fetchval("SELECT count(*) FROM organizations") == 0


async def test_a_later_identity_takes_the_place_of_the_earlier(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    first, second = await make_tenant(superuser), await make_tenant(superuser)
    async with runtime.transaction():
        await runtime.fetchval("SELECT trellis_identify($1, NULL)", first.users[0])
        await runtime.fetchval("SELECT trellis_identify($1, NULL)", second.users[0])
        assert await runtime.fetchval("SELECT array_agg(id) FROM organizations") == [second.id]


async def test_a_person_of_no_organization_sees_nothing(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    await make_tenant(superuser)
    async with runtime.transaction():
        await runtime.fetchval("SELECT trellis_identify($1, NULL)", new_id())
        assert await runtime.fetchval("SELECT count(*) FROM organizations") == 0
        assert await runtime.fetchval("SELECT count(*) FROM tasks") == 0


async def test_another_fingerprint_than_the_memberships_have_is_refused(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    identify = "SELECT trellis_identify($1, $2)"
    fingerprint = await runtime.fetchval(identify, tenant.users[0], None)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE organization_id = $1", tenant.id)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await runtime.fetchval(identify, tenant.users[0], fingerprint)

    assert refused.value.sqlstate == "TRL01"
    assert await runtime.fetchval(identify, tenant.users[0], None) != fingerprint


async def test_founding_lets_the_founder_write_what_is_not_there_yet(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    founded = new_id()
    transaction = runtime.transaction()
    await transaction.start()
    await runtime.fetchval("SELECT trellis_identify($1, NULL)", tenant.users[0])
    await runtime.execute("SELECT trellis_found($1)", founded)
    await runtime.execute(
        "INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES ($1, 'New', $2, now(), now())",
        founded,
        f"new-{founded.hex[-12:]}",
    )
    assert set(await runtime.fetchval("SELECT array_agg(id) FROM organizations")) == {tenant.id, founded}
    await transaction.rollback()


async def test_an_organization_that_exists_cannot_be_founded_into(
    runtime: "asyncpg.Connection[Any]", superuser: "asyncpg.Connection[Any]"
) -> None:
    mine, theirs = await make_tenant(superuser), await make_tenant(superuser)
    async with runtime.transaction():
        await runtime.fetchval("SELECT trellis_identify($1, NULL)", mine.users[0])
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with runtime.transaction():
                await runtime.execute("SELECT trellis_found($1)", theirs.id)
        assert refused.value.sqlstate == "TRL04"
        assert await runtime.fetchval("SELECT array_agg(id) FROM organizations") == [mine.id]


async def test_nobody_but_the_server_may_call_what_identifies(superuser: "asyncpg.Connection[Any]") -> None:
    callers = await superuser.fetch(
        f"""SELECT proname, array_agg(grantee::regrole::text ORDER BY 1) AS callers
            FROM (SELECT oid, proname, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).grantee {OURS})
            WHERE grantee <> 'trellis_owner'::regrole GROUP BY oid, proname"""
    )
    found = [(row["proname"], row["callers"]) for row in callers if row["proname"] not in HARMLESS]
    assert "trellis_identify" in dict(found)
    assert [one for one in found if one[1] != ["trellis_runtime"]] == []


async def test_no_function_looks_into_temporary_tables_first(superuser: "asyncpg.Connection[Any]") -> None:
    """PostgreSQL does, where a function's search_path does not end with pg_temp."""
    paths = await superuser.fetch(f"SELECT proname, proconfig {OURS}")
    assert len(paths) >= 6
    assert {row["proname"] for row in paths if row["proconfig"] is None} == INLINED
    for row in paths:
        if row["proname"] in INLINED:
            continue
        (path,) = row["proconfig"]
        assert path.startswith("search_path=pg_catalog"), row["proname"]
        assert path.endswith("pg_temp"), row["proname"]


async def test_what_has_no_path_takes_nobody_elses_functions(superuser: "asyncpg.Connection[Any]") -> None:
    given = ["LOGIN", "\u00c4RGER", "A\u0308RGER"]  # ASCII, composed already, and all else: each goes another way
    transaction = superuser.transaction()
    await transaction.start()
    try:
        await superuser.execute(IMPOSTORS)
        taken = await superuser.fetchval("SELECT lower('A')")
        folded = await superuser.fetchval("SELECT array_agg(trellis_folded(one)) FROM unnest($1::text[]) AS one", given)
    finally:
        await transaction.rollback()

    assert (taken, folded) == ("taken", ["login", "\u00e4rger", "\u00e4rger"])


async def test_a_temporary_table_cannot_pose_as_the_one_of_users(runtime: "asyncpg.Connection[Any]") -> None:
    """What runs as the owner of the tables must not run on what the server's own role has made."""
    subject = f"subject of {new_id()}"
    transaction = runtime.transaction()
    await transaction.start()
    await runtime.execute("CREATE TEMPORARY TABLE users (LIKE public.users)")
    await runtime.execute("GRANT ALL ON pg_temp.users TO PUBLIC")
    signed_in = await runtime.fetchval(
        "SELECT trellis_sign_in($1, $2, 'Somebody', true)", subject, f"{new_id().hex}@example.com"
    )
    assert await runtime.fetchval("SELECT count(*) FROM pg_temp.users") == 0
    assert signed_in is not None
    await transaction.rollback()
