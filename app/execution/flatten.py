"""The way from a column of nested values to a flat one, and back."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate, chain, islice
from typing import Any, NamedTuple

from graphql import GraphQLList, GraphQLNonNull, GraphQLOutputType, is_leaf_type

from app.execution.internals import Path
from app.graph.fields import Column

NOTHING = type(None)

Paths = Callable[[int], Path]  # where in the answer the value at a place of a column goes


class Irregular(Exception):
    """Something that graphql-core has to complete."""


class Flat(NamedTuple):
    """The leaves or the objects that a column holds; `restore` puts what became of them in their places."""

    values: Column
    paths: Paths
    restore: Callable[[Column], Column]


def flatten(type_: GraphQLOutputType, values: Column, paths: Paths, *, once: bool = False) -> Flat:
    """Takes lists apart as `type_` says, and None away from objects; raises Irregular for values that are an error.

    With `once`, an object that is in several places is there once, and what becomes of it stands in all of them. Only
    what is not in lists is looked at for that: many refer to one, while a list has its objects to itself.
    """
    if isinstance(type_, GraphQLNonNull):
        if None in values:
            raise Irregular
        return flatten(type_.of_type, values, paths, once=once)
    if isinstance(type_, GraphQLList):
        return _flatten_lists(type_, values, paths)
    if is_leaf_type(type_):
        return Flat(values, paths, lambda completed: completed)
    return _objects_once(values) if once else _objects(values, paths)


def _flatten_lists(type_: "GraphQLList[Any]", values: Column, paths: Paths) -> Flat:
    if not set(map(type, values)) <= {list, NOTHING}:
        raise Irregular
    lengths = [0 if value is None else len(value) for value in values]
    items = list(chain.from_iterable(value for value in values if value is not None))
    inner = flatten(type_.of_type, items, _paths_of_items(lengths, paths))

    def restore(completed: Column) -> Column:
        rest = iter(inner.restore(completed))
        return [
            None if value is None else list(islice(rest, length)) for value, length in zip(values, lengths, strict=True)
        ]

    return Flat(inner.values, inner.paths, restore)


def _paths_of_items(lengths: list[int], paths: Paths) -> Paths:
    ends = list(accumulate(lengths))

    def path(place: int) -> Path:
        owner = bisect_right(ends, place)
        return paths(owner).add_key(place - (ends[owner] - lengths[owner]), None)

    return path


def _objects(values: Column, paths: Paths) -> Flat:
    places = [place for place, value in enumerate(values) if value is not None]
    if len(places) == len(values):
        return Flat(values, paths, lambda completed: completed)

    def restore(completed: Column) -> Column:
        rest = iter(completed)
        return [None if value is None else next(rest) for value in values]

    return Flat([values[place] for place in places], lambda place: paths(places[place]), restore)


def _objects_once(values: Column) -> Flat:
    # Rows that were loaded by the same key are the same object.
    if None not in values and len(set(map(id, values))) == len(values):
        return Flat(values, nowhere, lambda completed: completed)
    unique = {id(value): value for value in values if value is not None}

    def restore(completed: Column) -> Column:
        became = dict(zip(unique, completed, strict=True))
        return [None if value is None else became[id(value)] for value in values]

    return Flat(list(unique.values()), nowhere, restore)


def nowhere(_place: int) -> Path:
    """The paths of what has no place of its own."""
    raise Irregular
