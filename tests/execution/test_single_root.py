"""The only root field of a query: resolved once, with what its function takes, whatever is wrong with its answer."""

from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema

from app.execution.bulk import BulkExecutor
from app.graph.budget import Budget
from tests.execution.sameness.answers import Answer, answer
from tests.operations_strategy import Operation


@strawberry.input
class Point:
    left: int
    top: int = 3


@strawberry.interface
class Shape:
    name: str


@strawberry.type
class Square(Shape):
    pass


@strawberry.type
class Query:
    @strawberry.field
    async def wrong(self, info: strawberry.Info) -> int:
        info.context.append("wrong")
        return "not a number"  # type: ignore[return-value]  # which is what is tried

    @strawberry.field
    def place(self, info: strawberry.Info, at: Point, note: str = "none") -> str:
        info.context.append("place")
        return f"{info.path.key}: {at.left}, {at.top}, {note}"

    @strawberry.field
    def nothing() -> int | None:
        return None

    @strawberry.field
    def shape(self) -> Shape:
        return Square(name="square")


schema: GraphQLSchema = strawberry.Schema(query=Query, types=[Square])._schema


class Calls(list[str]):
    """The functions that were called: the context of these operations, without a limit on what they load."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget()


async def run(text: str, calls: Calls, **variables: Any) -> Answer:
    return await answer(BulkExecutor, schema, Operation(text, variables=variables), calls)


async def test_it_is_resolved_once_though_its_answer_is_wrong() -> None:
    calls = Calls()
    made = await run("{ wrong }", calls)
    assert (made.data, [error.path for error in made.errors], calls) == (None, [("wrong",)], ["wrong"])


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{ here: place(at: {left: 1}) }", {"here": "here: 1, 3, none"}),
        ('query ($left: Int!) { place(at: {left: $left, top: 2}, note: "x") }', {"place": "place: 7, 2, x"}),
        ("{ nothing }", {"nothing": None}),
        ("{ shape { __typename name } }", {"shape": {"__typename": "Square", "name": "square"}}),
        ("{ __typename }", {"__typename": "Query"}),
    ],
)
async def test_it_is_given_what_its_function_takes(text: str, data: dict[str, Any]) -> None:
    made = await run(text, Calls(), left=7)
    assert (made.data, made.errors) == (data, [])


async def test_an_argument_that_does_not_fit_is_told_with_the_field() -> None:
    calls = Calls()
    made = await run("query ($left: Int) { place(at: {left: $left}) }", calls, left=None)
    assert (made.data, [error.path for error in made.errors], calls) == (None, [("place",)], [])
