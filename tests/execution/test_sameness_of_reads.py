"""Bulk completion answers what graphql-core would have answered: the project's own schema over a real database."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Hashable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from zlib import crc32

import asyncpg
import pytest
from graphql import Undefined
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from app.auth.actor import Actor
from app.config import Settings
from app.db.engine import Database as Pool
from app.db.identity import read_actor
from app.db.unit_of_work import Unit
from app.graph.context import Context
from app.graph.dataloader import Batch
from app.operations.columns import columns_asked
from app.schema import graphql_schema
from tests.api import SECRET, Api
from tests.conftest import Database
from tests.execution.sameness.answers import Call
from tests.execution.sameness.compare import Comparison, Tally
from tests.execution.sameness.world import Broken, Fault, Kind
from tests.factories import Tenant, make_tenant
from tests.operations_strategy import Operation, Values, operations

SOAK = int(os.environ.get("TRELLIS_TEST_RUNS", "0"))  # as in test_sameness
EXAMPLES = SOAK or 200

# One task in so many lacks something or has it, so that every mixture of them is there.
VARIED = """
UPDATE tasks SET description = CASE WHEN number % 3 = 0 THEN 'Längeres "Zitat"' END,
       assignee_id = CASE WHEN number % 5 > 0 THEN assignee_id END,
       creator_id = CASE WHEN number % 7 > 0 THEN creator_id END,
       status = CASE WHEN number % 4 = 0 THEN 'DONE' ELSE 'IN_REVIEW' END,
       completed_at = CASE WHEN number % 4 = 0 THEN now() END,
       priority = CASE WHEN number % 2 = 0 THEN 'URGENT' ELSE 'LOW' END,
       estimate = CASE WHEN number % 3 > 0 THEN number / 2.0 END,
       due_date = CASE WHEN number % 2 > 0 THEN date '2026-12-31' - number END,
       tags = CASE WHEN number % 3 = 1 THEN ARRAY['bug', 'ui'] ELSE '{}' END
WHERE organization_id = $1
"""


@pytest.fixture(scope="module")
async def tenant(api: Api, superuser: "asyncpg.Connection[Any]") -> Tenant:
    """One where much is missing: tasks of nobody and by nobody, deleted tasks, members and teams, an empty team."""
    made = await make_tenant(superuser, members=3, teams=4, tasks=3)
    await superuser.execute(VARIED, made.id)
    empty = [task for place, task in enumerate(made.tasks) if place // 9 == 1]
    for document, ids in (
        ("mutation ($id: ID!) { deleteTask(id: $id) { deletedIds } }", [*empty, made.tasks[0], made.tasks[20]]),
        ("mutation ($id: ID!) { deleteTeam(id: $id) { deletedIds } }", [made.teams[3]]),
        ("mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds } }", [made.members[2]]),
    ):
        for one in ids:
            await api.data(document, who=made.owner, id=str(one))
    return made


@pytest.fixture(scope="module")
async def values(api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> Values:
    """What arguments can be: ids of every kind, cursors of several lists, and what is none of them."""
    stranger = await make_tenant(superuser)
    document = """query ($slug: String!) { organization(by: {slug: $slug}) {
        tasks { edges { cursor } } teams { edges { cursor } } members { edges { cursor } }
    } }"""
    lists = (await api.data(document, who=tenant.owner, slug=tenant.slug))["organization"].values()
    cursors = [edge["cursor"] for one in lists for edge in one["edges"][:3]]
    known = [tenant.id, tenant.teams[0], tenant.members[1], tenant.tasks[5], tenant.users[1], tenant.team_members[4]]
    return {
        "ID": [
            *map(str, known),
            *map(str, [tenant.tasks[0], tenant.teams[3], stranger.id, stranger.tasks[0]]),
            "no id",
        ],
        "Int": [3, 1, 2, 0, 100, -1],
        "Float": [0.5, 2.0],
        "Boolean": [True, False],
        "String": ["Task 1", "T", *cursors],
        "DateTime": ["2026-01-01T00:00:00Z"],
        "Date": ["2026-12-20"],
        "OrganizationBy.slug": [tenant.slug, tenant.slug, stranger.slug],
        "TaskKey.organizationSlug": [tenant.slug],
        "TaskKey.key": ["T1-2", "T2-1", "nothing"],
    }


class ReadingContext(Context):
    """The context of an operation whose loaders have faults, and are noted when they are called."""

    def __init__(self, unit: Unit, operation: Operation, faults: dict[int, Fault]) -> None:
        super().__init__(unit, columns_asked(graphql_schema, operation.document), retention=timedelta(days=30))
        self.faults = faults
        self.calls: list[Call] = []
        self.faulty: dict[Batch, Batch] = {}

    def load(self, batch: Batch, key: Hashable, *arguments: Hashable) -> Awaitable[Any]:
        return super().load(self._watched(batch), key, *arguments)

    def load_many(self, batch: Batch, keys: Sequence[Hashable], *arguments: Hashable) -> Awaitable[list[Any]]:
        return super().load_many(self._watched(batch), keys, *arguments)

    def _watched(self, batch: Batch) -> Batch:
        async def watched(context: Context, keys: Sequence[Hashable], *arguments: Hashable) -> list[Any]:
            self.calls.append((batch.__name__, arguments, tuple(keys)))
            fault = self.faults.get(crc32(batch.__name__.encode()) % 8)
            if fault is not None and fault.kind is Kind.RAISE:
                raise Broken(batch.__name__)
            answers = await batch(context, keys, *arguments)
            return [spoilt(fault, key, one) for key, one in zip(keys, answers, strict=True)]

        return self.faulty.setdefault(batch, watched)


def spoilt(fault: Fault | None, key: Hashable, answer: Any) -> Any:
    if fault is None or crc32(repr(key).encode()) % fault.every:
        return answer
    return {Kind.NONE: None, Kind.ERROR: Broken(repr(key)), Kind.UNDEFINED: Undefined, Kind.WRONG: key}[fault.kind]


KINDS = [Kind.RAISE, Kind.NONE, Kind.ERROR, Kind.UNDEFINED, Kind.WRONG]
# A number stands for every eighth loader, by its name.
FAULTS = st.dictionaries(st.integers(0, 7), st.builds(Fault, st.sampled_from(KINDS), st.integers(1, 3)), max_size=2)


async def actor_of(pool: Pool, tenant: Tenant) -> Actor:
    connection = await pool.acquire()
    actor = await read_actor(connection, tenant.users[0])
    pool.release(connection)
    return actor


def test_reads(database: Database, tenant: Tenant, values: Values) -> None:
    comparison = Comparison(graphql_schema, Tally())

    async def check_one(operation: Operation, faults: dict[int, Fault]) -> None:
        @asynccontextmanager
        async def reading() -> AsyncIterator[ReadingContext]:
            unit = Unit(pool, actor)
            await unit.begin()
            yield ReadingContext(unit, operation, faults)
            await unit.end()

        await comparison.check(operation, reading)

    @settings(
        max_examples=EXAMPLES,
        derandomize=not SOAK,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(operations(graphql_schema, values), FAULTS)
    def check(operation: Operation, faults: dict[int, Fault]) -> None:
        runner.run(check_one(operation, faults))

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        pool = Pool.open(Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET)))
        actor = runner.run(actor_of(pool, tenant))
        check()
        runner.run(pool.close())
    tally = comparison.tally
    assert tally.examples >= EXAMPLES
    assert tally.with_errors >= tally.examples / 5
    assert tally.by_timing <= tally.examples / 50
    assert tally.more_calls == 0
