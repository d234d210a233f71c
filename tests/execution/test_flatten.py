"""Columns of nested values become flat and are put together again."""

from typing import Any

import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, GraphQLString
from graphql.pyutils import Path

from app.execution.flatten import Irregular, flatten, nowhere

TEXT = GraphQLString
OBJECT = GraphQLObjectType("Object", {})


def path(place: int) -> Path:
    return Path(Path(None, "rows", None), place, None)


def roundabout(type_: GraphQLOutputType, values: list[Any]) -> tuple[list[Any], list[Any]]:
    """The flat values, and what comes back when each of them has become its name in brackets."""
    flat = flatten(type_, values, path)
    return flat.values, flat.restore([value and f"[{value}]" for value in flat.values])


def test_leaves_stay_as_they_are() -> None:
    assert roundabout(TEXT, ["a", None, "b"]) == (["a", None, "b"], ["[a]", None, "[b]"])


def test_lists_are_taken_apart_and_put_together() -> None:
    values = [["a"], None, [], ["b", None]]
    assert roundabout(GraphQLList(TEXT), values) == (["a", "b", None], [["[a]"], None, [], ["[b]", None]])


def test_lists_in_lists() -> None:
    values = [[["a"], None], [], [["b", "c"], []]]
    assert roundabout(GraphQLList(GraphQLList(TEXT)), values) == (
        ["a", "b", "c"],
        [[["[a]"], None], [], [["[b]", "[c]"], []]],
    )


def test_no_list_is_shared_with_what_was_loaded() -> None:
    loaded = ["a"]
    [restored] = flatten(GraphQLList(TEXT), [loaded], path).restore(["a"])
    assert restored == loaded
    assert restored is not loaded


def test_what_is_no_object_is_left_out() -> None:
    flat = flatten(OBJECT, ["a", None, "b"], path)
    assert flat.values == ["a", "b"]
    assert flat.restore(["A", "B"]) == ["A", None, "B"]
    assert [flat.paths(place).as_list() for place in range(2)] == [["rows", 0], ["rows", 2]]


def test_an_object_in_several_places_is_there_as_often() -> None:
    row = object()
    flat = flatten(OBJECT, [row, row], path)
    assert flat.values == [row, row]
    assert flat.restore(["A", "B"]) == ["A", "B"]


def test_an_object_in_several_places_is_there_once_where_its_place_does_not_matter() -> None:
    one, other = object(), object()
    flat = flatten(OBJECT, [one, other, None, one], path, once=True)
    assert flat.values == [one, other]
    assert flat.restore(["A", "B"]) == ["A", "B", None, "A"]
    with pytest.raises(Irregular):
        flat.paths(0)


def test_the_objects_of_lists_are_taken_as_they_come() -> None:
    row = object()
    flat = flatten(GraphQLList(OBJECT), [[row], [None, row]], path, once=True)
    assert flat.values == [row, row]
    assert flat.restore(["A", "B"]) == [["A"], [None, "B"]]


def test_each_item_has_its_own_path() -> None:
    flat = flatten(GraphQLList(GraphQLList(OBJECT)), [[["a"], None], [], [[None, "b"]]], path)
    assert [flat.paths(place).as_list() for place in range(2)] == [["rows", 0, 0, 0], ["rows", 2, 0, 1]]


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        (GraphQLNonNull(TEXT), ["a", None]),
        (GraphQLList(GraphQLNonNull(TEXT)), [["a"], [None]]),
        (GraphQLNonNull(GraphQLList(TEXT)), [None]),
        (GraphQLList(TEXT), ["text"]),
        (GraphQLList(TEXT), [("a", "b")]),
        (GraphQLList(TEXT), [iter(["a"])]),
        (GraphQLList(TEXT), [ValueError("no list")]),
    ],
)
def test_what_is_wrong_or_unusual_is_left_to_graphql_core(type_: GraphQLOutputType, values: list[Any]) -> None:
    with pytest.raises(Irregular):
        flatten(type_, values, path)


def test_nowhere_has_no_path() -> None:
    with pytest.raises(Irregular):
        nowhere(0)
