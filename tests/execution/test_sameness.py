"""Bulk completion answers what graphql-core would have answered: any operation, whatever goes wrong in it."""

import asyncio
import gc
import os
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from graphql import validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Database
from tests.execution.sameness.compare import Comparison, Tally
from tests.execution.sameness.loaders import LOADERS
from tests.execution.sameness.schema import graphql_schema
from tests.execution.sameness.world import Fault, Kind, Plot, RobotRow, World, WorldContext
from tests.operations_strategy import Operation, Values, operations

# TRELLIS_TEST_RUNS asks for so many new examples of each kind; without it the same ones come every time.
SOAK = int(os.environ.get("TRELLIS_TEST_RUNS", "0"))
EXAMPLES = SOAK or 700

VALUES: Values = {"ID": ["p0", "p1", "p9"], "Int": [2, 0, 1, 3, -1], "String": ["a", "ü"], "Boolean": [True, False]}
FIELD_FAULTS = [Kind.RAISE, Kind.NONE, Kind.ERROR, Kind.WRONG, Kind.UNDEFINED]
LOADER_FAULTS = [*FIELD_FAULTS, Kind.ONCE, Kind.SHORT]
BY_CALLS = {Kind.ONCE, Kind.SHORT}

# The last ones are unlike what the schema promises.
ROBOTS = """
SELECT md5(n::text)::uuid AS id,
       CASE WHEN n < 9 THEN 'Robot ' || n END AS name,
       CASE WHEN n < 10 THEN n ELSE 9000000000 END AS power,
       CASE WHEN n = 3 THEN NULL WHEN n < 11 THEN n / 3.0::float8 ELSE 'NaN' END AS charge,
       CASE WHEN n = 2 THEN NULL WHEN n < 8 THEN 'SMALL' ELSE 'HUGE' END AS size,
       CASE WHEN n < 7 THEN array_fill('tag'::text, ARRAY[n % 3]) ELSE ARRAY['tag', NULL] END AS tags,
       CASE WHEN n % 2 = 0 THEN timestamptz '2026-02-03 04:05:06Z' END AS built
FROM generate_series(1, 12) AS n ORDER BY n
"""


@pytest.fixture(scope="module")
async def robots(database: Database) -> list[Any]:
    """Rows as the driver makes them: the first six are as they should be."""
    connection = await asyncpg.connect(database.superuser_url, record_class=RobotRow)
    rows = await connection.fetch(ROBOTS)
    await connection.close()
    return list(rows)


def faults(names: st.SearchStrategy[Any], kinds: list[Kind], most: int) -> st.SearchStrategy[dict[Any, Fault]]:
    return st.dictionaries(names, st.builds(Fault, st.sampled_from(kinds), st.integers(1, 3)), max_size=most)


# A field is a number here, and one of those that the operation selects when it comes to a fault.
FIELDS_FAIL = faults(st.integers(0, 63), FIELD_FAULTS, 4)
LOADERS_FAIL = faults(st.sampled_from([loader.__name__ for loader in LOADERS]), LOADER_FAULTS, 2)
NOTHING_FAILS: st.SearchStrategy[dict[Any, Fault]] = st.just({})


def compare(
    robots: list[Any], fields: st.SearchStrategy[dict[Any, Fault]], loaders: st.SearchStrategy[dict[Any, Fault]]
) -> Tally:
    """Compares both executors over some hundred operations, each in a world of its own."""
    comparison = Comparison(graphql_schema, Tally())

    @settings(
        max_examples=EXAMPLES,
        derandomize=not SOAK,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(operations(graphql_schema, VALUES), st.integers(0, 2**16), st.integers(1, 4), fields, loaders)
    def check(
        operation: Operation, seed: int, size: int, of_fields: dict[int, Fault], of_loaders: dict[str, Fault]
    ) -> None:
        names = operation.fields or ("",)
        plot = Plot(seed, size, {names[one % len(names)]: fault for one, fault in of_fields.items()} | of_loaders)
        some = robots[seed % 10 :][:size] if of_fields else robots[:size]
        by_calls = any(fault.kind in BY_CALLS for fault in of_loaders.values())
        runner.run(comparison.check(operation, in_world(plot, some), by_calls=by_calls))

    with warnings.catch_warnings(), asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        warnings.filterwarnings("ignore", "coroutine .* was never awaited")  # what an error left, whenever it goes
        check()
        gc.unfreeze()
        gc.collect()
    return comparison.tally


def in_world(plot: Plot, robots: list[Any]) -> Callable[[], Any]:
    @asynccontextmanager
    async def context() -> AsyncIterator[WorldContext]:
        yield WorldContext(World(plot, robots))

    return context


def test_nothing_fails(robots: list[Any]) -> None:
    tally = compare(robots, NOTHING_FAILS, NOTHING_FAILS)
    assert tally.examples >= EXAMPLES
    assert tally.incomparable == 0
    assert tally.by_timing <= tally.examples / 50


def test_fields_fail(robots: list[Any]) -> None:
    tally = compare(robots, FIELDS_FAIL, NOTHING_FAILS)
    assert tally.examples >= EXAMPLES
    assert tally.with_errors >= tally.examples / 5
    assert tally.by_timing <= tally.examples / 50


def test_loaders_fail(robots: list[Any]) -> None:
    tally = compare(robots, NOTHING_FAILS, LOADERS_FAIL)
    assert tally.examples >= EXAMPLES
    assert tally.with_errors >= tally.examples / 5
    assert tally.by_timing + tally.incomparable <= tally.examples / 20


def test_fields_and_loaders_fail(robots: list[Any]) -> None:
    tally = compare(robots, FIELDS_FAIL, LOADERS_FAIL)
    assert tally.examples >= EXAMPLES
    assert tally.with_errors >= tally.examples / 5
    assert tally.by_timing + tally.incomparable <= tally.examples / 20


def test_operations_are_valid() -> None:
    @settings(max_examples=200, derandomize=True, database=None, deadline=None)
    @given(operations(graphql_schema, VALUES))
    def check(operation: Operation) -> None:
        assert validate(graphql_schema, operation.document) == []

    check()
