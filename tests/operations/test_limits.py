"""What a document may be: so much is let through, and one more is refused with its number, before validation."""

from collections.abc import Callable
from typing import Any

import pytest

from app.config import Limits
from app.operations.documents import Documents
from app.schema import graphql_schema
from app.time_limits import TimeLimits
from tests.api import Api


def repeated(text: str, times: int) -> str:
    """`text` that often, with the number of each in place of `#`."""
    return " ".join(text.replace("#", str(number)) for number in range(times))


def nested(depth: int) -> str:
    """Objects inside objects, each in a connection of the one around it."""
    return "{ a { edges { node " * depth + "{ b }" + "} } }" * depth


DOCUMENTS: dict[str, Callable[[int], str]] = {
    "max_source": "{ __typename }".ljust,
    "max_tokens": lambda count: f"{{ node(id: [{repeated('1', count - 12)}]) {{ id }} }}",
    "max_comments": lambda count: "#\n" * count + "{ __typename }",
    "max_operations": lambda count: repeated("query Q# { __typename }", count),
    "max_fragments": lambda count: "{ __typename }" + repeated("fragment F# on Query { __typename }", count),
    "max_variables": lambda count: f"query ({repeated('$v#: Int', count)}) {{ __typename }}",
    "max_depth": nested,
    "max_aliases": lambda count: f"{{ viewer {{ {repeated('a#: __typename', count)} }} }}",
    "max_root_fields": lambda count: f"{{ {repeated('x#', count)} }}",
    "max_same_fields": lambda count: f"{{ viewer {{ {repeated('user { id }', count)} }} }}",
    "max_directives": lambda count: f"{{ viewer {repeated('@include(if: true)', count)} {{ __typename }} }}",
}


def refusals(document: str) -> list[dict[str, Any]]:
    """What a document exceeds."""
    errors = Documents(graphql_schema, Limits()).get(document).errors
    found = [error.extensions or {} for error in errors]
    return [one for one in found if one.get("code") == "LIMIT_EXCEEDED"]


@pytest.mark.parametrize("limit", DOCUMENTS)
def test_the_most_that_is_allowed_and_one_more(limit: str) -> None:
    most = getattr(Limits(), limit)
    found = f"more than {most}" if limit in ("max_tokens", "max_comments") else most + 1

    assert refusals(DOCUMENTS[limit](most)) == []
    assert refusals(DOCUMENTS[limit](most + 1)) == [
        {"code": "LIMIT_EXCEEDED", "limit": limit, "allowed": most, "found": found}
    ]


def test_every_limit_on_documents_is_tried() -> None:
    of_requests = {
        *TimeLimits.model_fields,
        "max_body",
        "max_body_with_texts",
        "max_values",
        "max_requested",
        "max_loaded",
    }
    of_answers = {"max_errors", "max_answer"}
    assert Limits.model_fields.keys() - of_requests - of_answers == DOCUMENTS.keys()


@pytest.mark.parametrize(
    ("document", "limit", "found"),
    [
        ("{ viewer { ...A } } fragment A on Viewer { " + "a { " * 10 + "b " + "} " * 10 + "}", "max_depth", 11),
        ("{ viewer { ...A ...A } } fragment A on Viewer { " + repeated("a#: id", 16) + " }", "max_aliases", 32),
        (
            "{ ...A ...B } fragment A on Query { " + repeated("a#", 20) + " } fragment B on Query { b }",
            "max_root_fields",
            21,
        ),
        ("{ viewer { " + "user { id id id }" * 7 + " } }", "max_same_fields", 21),
        ("{ " + "...A " * 17 + "} fragment A on Query { a @x @x @x }", "max_directives", 51),
    ],
)
def test_fragments_and_merged_fields_hide_nothing(document: str, limit: str, found: int) -> None:
    assert [(one["limit"], one["found"]) for one in refusals(document)] == [(limit, found)]


def test_what_fragments_multiply_is_counted_without_being_followed() -> None:
    """Each fragment spreads the next twice: following every spread would take 2^40 steps."""
    spreading = [f"fragment F{number} on Query {{ x: a ...F{number + 1} ...F{number + 1} }}" for number in range(40)]
    document = "{ viewer { ...F0 } } " + " ".join(spreading) + " fragment F40 on Query { y: b }"

    [refusal] = refusals(document)

    assert (refusal["limit"], refusal["found"]) == ("max_aliases", 2**40 - 1 + 2**40)


@pytest.mark.parametrize(
    ("begin", "inside", "limit"),
    [
        ("{", "x: __typename", "max_aliases"),
        ("{", "__typename @include(if: true)", "max_directives"),
        ("{", "organizations { nodes { id } }", "max_requested"),
        ("query ($n: Int) {", "organizations(first: $n) { totalCount }", "max_values"),
    ],
)
async def test_what_fragments_multiply_beyond_any_number_is_refused(
    api: Api, begin: str, inside: str, limit: str
) -> None:
    """Three times in each of fifty is more than JSON's readers take for a number, or 64 bits hold."""
    spreading = [f"fragment F{number} on Viewer {{ {f'...F{number + 1} ' * 3}}}" for number in range(49)]
    document = f"{begin} viewer {{ ...F0 }} }} {' '.join(spreading)} fragment F49 on Viewer {{ {inside} }}"

    told = (await api.error(document, who=None, n=1))["extensions"]

    assert (told["code"], told["limit"], told["found"]) == ("LIMIT_EXCEEDED", limit, 2**53 - 1)


def mixing(levels: int) -> str:
    """A document in which each path of `a` and `b` merges another subset of the fragments at its level.

    Behind `a` a fragment spreads the next of its row; behind `b` the first in the row begins another row as well.
    """
    fragments = ["fragment F0_0 on Query { a { ...F1_0 } b { ...F1_0 ...F1_1 } }"]
    for level in range(1, levels):
        below = level + 1
        fragments.append(
            f"fragment F{level}_0 on Query {{ a {{ ...F{below}_0 }} b {{ ...F{below}_0 ...F{below}_1 }} }}"
        )
        fragments.extend(
            f"fragment F{level}_{row} on Query {{ a {{ ...F{below}_{row + 1} }} b {{ ...F{below}_{row + 1} }} }}"
            for row in range(1, below)
        )
    leaves = [f"fragment F{levels}_{row} on Query {{ y }}" for row in range(levels + 1)]
    return " ".join(["{ ...F0_0 }", *fragments, *leaves])


@pytest.mark.parametrize(("levels", "refused"), [(5, False), (11, True)])
def test_sets_that_fragments_mix_anew_are_not_followed_for_ever(levels: int, refused: bool) -> None:
    """There are as many sets as subsets of a level: the twelve fields under one name are fewer than is allowed."""
    limits = Limits(max_tokens=10_000, max_fragments=100, max_depth=20)
    errors = Documents(graphql_schema, limits).get(mixing(levels)).errors

    found = [error.extensions for error in errors if (error.extensions or {}).get("code") == "LIMIT_EXCEEDED"]
    too_many = {"code": "LIMIT_EXCEEDED", "limit": "max_same_fields", "allowed": 20, "found": 21}
    assert found == ([too_many] if refused else [])


async def test_what_a_client_is_told(api: Api) -> None:
    error = await api.error(f"{{ {repeated('a#: __typename', 31)} }}".replace("{ a0", "{ viewer { a0") + " }", who=None)
    assert error == {
        "message": "The request has 31 aliases, and at most 30 are allowed: split it, or ask for less.",
        "locations": [{"line": 1, "column": 1}],
        "extensions": {"code": "LIMIT_EXCEEDED", "limit": "max_aliases", "allowed": 30, "found": 31},
    }


@pytest.mark.parametrize(("uses", "found"), [(1, 0), (5, 0), (6, 2_988)])
async def test_values_count_as_often_as_they_are_used(api: Api, uses: int, found: int) -> None:
    """A short request could otherwise have one large filter converted a thousand times."""
    document = (
        'query ($f: TaskFilter!) { organization(by: {slug: "none"}) { tasks(filter: {or: [#]}) { totalCount } } }'
    )
    body = await api.ask(
        document.replace("#", " ".join(["$f"] * uses)), who="limits@example.com", f={"or": [{"completed": True}] * 248}
    )
    refused = [error["extensions"] for error in body.get("errors", [])]
    allowed = {"code": "LIMIT_EXCEEDED", "limit": "max_values", "allowed": 2_500, "found": found}
    assert refused == ([allowed] if found else [])
