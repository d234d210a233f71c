"""The sequence of an organization's events: without gaps and in the order of the commits, whoever writes at once."""

import asyncio
from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.log import events_of

GOOD = 'createTask(input: {teamId: "$team", title: "New"}) { task { id } userErrors { code } }'
READING = 'createTask(input: {teamId: "$team", title: "New"}) { task { id events { nodes { sequence } } } }'
BAD = 'createTask(input: {teamId: "$team", title: ""}) { task { id } userErrors { code } }'
MISSING = (
    'moveTask(id: "$team", teamId: "$team") { task { id } }'  # refused beside the data, so that all of that is null
)
DOCUMENTS = (
    f"mutation {{ one: {GOOD} two: {BAD} three: {GOOD} }}",
    f"mutation {{ one: {READING} two: {GOOD} }}",
    f"mutation {{ one: {BAD} }}",
    f"mutation {{ one: {GOOD} two: {MISSING} }}",
    f"mutation {{ one: {GOOD} }}",
)
WRITTEN = (2, 2, 0, 1, 1)  # by each of these
LAST = "SELECT count(*), coalesce(max(sequence), 0) AS last FROM events WHERE organization_id = $1"
SEQUENCES = "SELECT sequence FROM events WHERE organization_id = $1 ORDER BY created_at, sequence"


# Of this database only: the tests of another worker wait for locks on the same server.
WAITING = "FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
KILL_WAITING = f"SELECT pg_terminate_backend(pid) {WAITING}"


async def write(api: Api, tenant: Tenant, times: int) -> None:
    """All documents in turns, in all teams of the tenant, eight at once."""
    waiting = [
        document.replace("$team", str(tenant.teams[place % len(tenant.teams)]))
        for place, document in enumerate(DOCUMENTS * times)
    ]

    async def client() -> None:
        while waiting:
            await api.ask(waiting.pop(), who=tenant.owner)

    await asyncio.gather(*(client() for _ in range(8)))


async def test_no_gap_is_ever_seen(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=3)

    writing = asyncio.create_task(write(api, tenant, times=20))
    seen = []
    while not writing.done():
        seen += await superuser.fetch(LAST, tenant.id)
        await asyncio.sleep(0)
    await writing

    # Had a later sequence been committed before an earlier one, some look would have found the gap.
    assert [look for look in seen if look["count"] != look["last"]] == []
    assert len({look["last"] for look in seen}) > 20
    assert [row["sequence"] for row in await superuser.fetch(SEQUENCES, tenant.id)] == list(
        range(1, 20 * sum(WRITTEN) + 1)
    )
    assert len(await events_of(superuser, tenant)) == await superuser.fetchval(
        "SELECT count(*) FROM tasks WHERE organization_id = $1 AND number > 1", tenant.id
    )


async def test_an_operation_that_is_not_committed_takes_no_sequence(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    document = f"mutation {{ one: {READING} }}".replace("$team", str(tenant.teams[0]))
    await api.data(document, who=tenant.owner)
    async with superuser.transaction():
        await superuser.execute("SELECT FROM teams WHERE id = $1 FOR UPDATE", tenant.teams[0])
        waiting = asyncio.create_task(api.send(document, who=tenant.owner))
        await until_it_waits(superuser)
        await superuser.execute(KILL_WAITING)
    assert (await waiting).status_code == 503

    await api.data(document, who=tenant.owner)

    assert [row["sequence"] for row in await superuser.fetch(SEQUENCES, tenant.id)] == [1, 2]


async def until_it_waits(superuser: "asyncpg.Connection[Any]") -> None:
    waiting = f"SELECT EXISTS (SELECT {WAITING})"
    async with asyncio.timeout(10):
        while not await superuser.fetchval(waiting):  # noqa: ASYNC110  # PostgreSQL tells nobody of it
            await asyncio.sleep(0.01)


async def test_times_rise_along_the_sequence_whatever_the_clocks_say(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    document = f"mutation {{ one: {GOOD} }}".replace("$team", str(tenant.teams[0]))
    await api.data(document, who=tenant.owner)
    # Of another server, whose clock is an hour ahead.
    await superuser.execute(
        "UPDATE events SET created_at = created_at + interval '1 hour' WHERE organization_id = $1", tenant.id
    )

    for _ in range(2):
        await api.data(document, who=tenant.owner)

    times = await superuser.fetch(
        "SELECT created_at FROM events WHERE organization_id = $1 ORDER BY sequence", tenant.id
    )
    assert len({row["created_at"] for row in times}) == 1


async def test_every_organization_counts_its_own(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenants = [await make_tenant(superuser) for _ in range(3)]

    await asyncio.gather(*(write(api, tenant, times=2) for tenant in tenants))

    for tenant in tenants:
        found = [row["sequence"] for row in await superuser.fetch(SEQUENCES, tenant.id)]
        assert found == list(range(1, 2 * sum(WRITTEN) + 1))


async def test_it_goes_on_past_what_an_int_holds(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    counted = "INSERT INTO event_counters (organization_id, last_sequence) VALUES ($1, $2)"
    await superuser.execute(counted, tenant.id, 2**31 - 2)
    create = f"mutation {{ one: {GOOD} two: {GOOD} three: {GOOD} }}".replace("$team", str(tenant.teams[0]))
    await api.data(create, who=tenant.owner)
    page = """query ($slug: String!, $after: String) { organization(by: {slug: $slug}) {
        events(first: 2, after: $after) { nodes { sequence } pageInfo { endCursor } }
    } }"""

    first = (await api.data(page, who=tenant.owner, slug=tenant.slug))["organization"]["events"]
    after = first["pageInfo"]["endCursor"]
    second = (await api.data(page, who=tenant.owner, slug=tenant.slug, after=after))["organization"]["events"]

    assert first["nodes"] == [{"sequence": 2147483649}, {"sequence": 2147483648}]
    assert second["nodes"][0] == {"sequence": 2147483647}
