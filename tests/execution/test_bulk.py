"""Bulk completion where it is easily got wrong: places, loads, what is dropped, and what is left behind."""

import asyncio
from inspect import CORO_CLOSED, getcoroutinestate

from graphql import get_introspection_query, parse
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.execution.bulk import BulkExecutor
from tests.execution.sameness.answers import Answer, answer
from tests.execution.sameness.schema import graphql_schema
from tests.execution.sameness.world import Fault, Kind, Plot, World, WorldContext
from tests.operations_strategy import Operation

EACH_OTHERS_FRIEND = 196  # the number of a world of two people
ALL = 1


def context(*, size: int = 2, seed: int = EACH_OTHERS_FRIEND, **faults: Fault) -> WorldContext:
    return WorldContext(World(Plot(seed, size, {name.replace("_of_", "."): one for name, one in faults.items()}), []))


async def run(text: str, within: WorldContext) -> Answer:
    return await answer(BulkExecutor, graphql_schema, Operation(text), within)


async def test_a_resolver_is_told_each_place_of_a_row_that_is_in_several() -> None:
    made = await run(
        '{ person(id: "p0") { best { best { place } again: best { place } } } people { place } }', context()
    )
    assert made.data == {
        "person": {
            "best": {"best": {"place": "person.best.best.place"}, "again": {"place": "person.best.again.place"}}
        },
        "people": [{"place": "people.0.place"}, {"place": "people.1.place"}],
    }


async def test_each_level_is_one_call_of_its_loader() -> None:
    within = context(size=4)
    made = await run("{ people { friends { id friends(first: 3) { id best { name } } } } }", within)
    assert made.errors == []
    assert [(name, arguments) for name, arguments, _ in within.calls] == [
        ("friends_of_person", (2,)),
        ("friends_of_person", (3,)),
        ("person_by_id", ()),
    ]
    assert within.one_by_one == {}


async def test_an_error_takes_nothing_but_its_own_place() -> None:
    text = "{ people { id best { name } } }"
    hurt = await run(text, context(seed=EACH_OTHERS_FRIEND, person_by_id=Fault(Kind.ERROR, 2)))
    assert hurt.data == {"people": [{"id": "p0", "best": {"name": "Person p1"}}, {"id": "p1", "best": None}]}
    assert [(error.path, error.message) for error in hurt.errors] == [
        (("people", "1", "best"), "person_by_id of p0"),
    ]


async def test_what_was_loaded_before_an_error_is_not_loaded_again() -> None:
    within = context(size=4, Person_of_best=Fault(Kind.RAISE, ALL))
    made = await run("{ people { friends { best { id } robots { id } friends { id } } } }", within)
    assert len(made.errors) > 0
    keys = [(name, arguments, key) for name, arguments, keys in within.calls for key in keys]
    assert len(keys) == len(set(keys))


async def test_loads_of_siblings_have_ended_when_an_error_is_told() -> None:
    within = context(Person_of_letters=Fault(Kind.RAISE, ALL))
    made = await run('{ person(id: "p0") { letters friends { friends { friends { id } } } } }', within)
    assert made.data == {"person": None}
    assert [error.path for error in made.errors] == [("person", "letters")]
    assert made.left is False


async def test_fields_that_fell_back_are_counted() -> None:
    within = context()
    await run("{ people { name greeting best { mood } } }", within)
    assert within.one_by_one == {"Person.greeting": 2, "Person.mood": 2}

    failing = context(Person_of_best=Fault(Kind.RAISE, ALL))
    await run("{ people { name best { id } } }", failing)
    assert failing.one_by_one == {"Query.people": 1}


async def test_rows_of_the_wrong_kind_are_refused() -> None:
    made = await run("{ people { id best { __typename } } }", context(person_by_id=Fault(Kind.WRONG, ALL)))
    assert {error.message.split(":")[0] for error in made.errors} == {"Expected value of type 'Person' but got"}
    assert [one["best"] for one in made.data["people"]] == [None, None]


async def test_introspection_is_graphql_core_s() -> None:
    operation = Operation(get_introspection_query())
    made = await answer(BulkExecutor, graphql_schema, operation, context())
    expected = await answer(StrawberryGraphQLCoreExecutionContext, graphql_schema, operation, context())
    assert made.text == expected.text


def test_what_nobody_awaits_is_closed_without_a_warning() -> None:
    executor = BulkExecutor.build(graphql_schema, parse("{ people { id } }"), context_value=context())
    assert isinstance(executor, BulkExecutor)
    coming = executor.noted(asyncio.sleep(0))

    executor.drop_unawaited()

    assert (executor.coming, getcoroutinestate(coming)) == ([coming], CORO_CLOSED)
