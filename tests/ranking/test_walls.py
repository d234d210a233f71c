"""Searching stays inside an organization: what is found, how it is scored, and what PostgreSQL reads for it."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.explain import explain
from tests.factories import Tenant, make_tenant
from tests.ranking.test_search_tasks import search
from tests.ranking.texts import count_words, make_searchable, write

MATCHING = """
SELECT subject_id
FROM trellis_matching($1::uuid, 'TASK', ARRAY['export'], '{0.1,0.2,0.4,1}'::real[], 'export'::tsquery, NULL)
"""
SIMILAR = "SELECT lexeme FROM trellis_similar_words($1::uuid, 'TASK', ARRAY['exprt'], 0.4::real, 10)"
HOLDING = """SELECT subject_id FROM trellis_holding($1::uuid, 'TASK', $$'night' <-> 'export' & 'row'$$)"""
TITLED = """SELECT subject_id FROM trellis_titled($1::uuid, 'TASK', 'export:1A invoic:2A')"""
LOOK_UPS = [MATCHING, SIMILAR, HOLDING, TITLED]
TEXTS = ["Nightly export is slow\nThe database reads every row", "Export invoices", "Dark theme", "Import of invoices"]


@pytest.fixture
async def runtime(database: Any) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection as the server has it."""
    connection = await asyncpg.connect(database.runtime_url)
    yield connection
    await connection.close()


async def identify(runtime: "asyncpg.Connection[Any]", *organizations: Any) -> None:
    await runtime.execute(
        "SELECT set_config('app.organization_ids', $1, false)", "{" + ",".join(map(str, organizations)) + "}"
    )


@pytest.mark.parametrize("look_up", LOOK_UPS)
async def test_a_look_up_answers_for_organizations_of_the_caller_alone(
    superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]", look_up: str
) -> None:
    mine, theirs = await make_searchable(superuser, TEXTS), await make_searchable(superuser, TEXTS)
    await identify(runtime, mine.id)

    assert len(await runtime.fetch(look_up, mine.id)) > 0
    assert await runtime.fetch(look_up, theirs.id) == []
    assert await runtime.fetch(look_up, new_id()) == []


@pytest.mark.parametrize("look_up", LOOK_UPS)
async def test_a_look_up_answers_nobody_who_is_not_identified(
    superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]", look_up: str
) -> None:
    tenant = await make_searchable(superuser, TEXTS)

    assert await runtime.fetch(look_up, tenant.id) == []


async def test_only_the_server_may_look_up(superuser: "asyncpg.Connection[Any]") -> None:
    found = await superuser.fetch(
        """SELECT proname, prosecdef, proowner::regrole::text AS owner, proconfig[1] AS path,
                  has_function_privilege('public', oid, 'EXECUTE') AS anybody,
                  has_function_privilege('trellis_runtime', oid, 'EXECUTE') AS server
           FROM pg_proc
           WHERE proname IN ('trellis_matching', 'trellis_similar_words', 'trellis_holding', 'trellis_titled')"""
    )

    expected = (True, "trellis_ranking", "search_path=pg_catalog, public, pg_temp", False, True)
    assert {row["proname"]: tuple(row)[1:] for row in found} == {
        "trellis_matching": expected,
        "trellis_similar_words": expected,
        "trellis_holding": expected,
        "trellis_titled": expected,
    }


async def test_the_ranking_role_may_do_nothing_else(superuser: "asyncpg.Connection[Any]") -> None:
    role = await superuser.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole FROM pg_roles WHERE rolname = 'trellis_ranking'"
    )
    reads = await superuser.fetch(
        """SELECT table_name, privilege_type FROM information_schema.role_table_grants
           WHERE grantee = 'trellis_ranking' AND table_schema = 'public' ORDER BY table_name"""
    )

    assert role is not None
    assert tuple(role) == (False, False, False, False)
    assert [tuple(row) for row in reads] == [("search_texts", "SELECT"), ("search_words", "SELECT")]
    assert not await superuser.fetchval("SELECT has_schema_privilege('trellis_ranking', 'public', 'CREATE')")


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
@pytest.mark.parametrize("query", ["slow export of invoices", "exprt"])
async def test_what_others_write_changes_no_score(
    api: Api, superuser: "asyncpg.Connection[Any]", mode: str, query: str
) -> None:
    mine = await make_searchable(superuser, TEXTS)
    before = await search(api, mine, query, mode=mode)

    # In everybody's texts together the words are common now, and the mistake is a word.
    await make_searchable(superuser, ["exprt export slow invoices", *["export"] * 50])

    assert await search(api, mine, query, mode=mode) == before


async def test_what_others_write_is_not_read(
    superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]"
) -> None:
    mine = await make_searchable(superuser, TEXTS)
    await identify(runtime, mine.id)
    before = [(await explain(runtime, look_up, [mine.id])).buffers for look_up in LOOK_UPS]

    other = await make_tenant(superuser, tasks=2_000)
    await superuser.execute(
        """INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
           SELECT organization_id, 'TASK', id, to_tsvector('english', 'export exported exporter exprot' || number), ''
           FROM tasks WHERE organization_id = $1""",
        other.id,
    )
    await count_words(superuser, other)
    after = [(await explain(runtime, look_up, [mine.id])).buffers for look_up in LOOK_UPS]

    # An index may have grown by a level; their 2,000 rows alone are 100 pages.
    assert all(now <= then + 20 for then, now in zip(before, after, strict=True)), (before, after)


async def test_a_member_of_two_organizations_searches_each_apart(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    mine, other = await make_searchable(superuser, TEXTS), await make_searchable(superuser, ["Export of theirs"])
    await superuser.execute(
        """INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
           VALUES ($1, gen_random_uuid(), $2, 'MEMBER', now(), now())""",
        other.id,
        mine.users[0],
    )
    joined = Tenant(other.id, other.slug, mine.owner)

    assert [edge["node"]["title"] for edge in (await search(api, joined, "export"))["edges"]] == ["Export of theirs"]
    found = await search(api, mine, "export")
    assert [edge["node"]["title"] for edge in found["edges"]] == [
        "Export invoices",
        "Nightly export is slow",
        "Import of invoices",
    ]


async def test_a_forged_cursor_finds_nothing_of_others(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    mine, theirs = await make_searchable(superuser, TEXTS), await make_searchable(superuser, ["export secret"])
    cursor = (await search(api, theirs, "export", first=1))["edges"][0]["cursor"]
    await write(superuser, mine, TEXTS)

    error = await api.error(
        'query ($id: ID!, $after: String) { searchTasks(organizationId: $id, query: "export", after: $after)'
        " { nodes { title } } }",
        who=mine.owner,
        id=str(mine.id),
        after=cursor,
    )

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
