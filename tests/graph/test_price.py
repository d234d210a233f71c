"""What an operation may come to: objects by the sizes that it asks for, known before anything is loaded."""

from typing import Any

import asyncpg
import pytest
from graphql import parse

from app.graph.price import prices
from app.schema import graphql_schema
from tests.api import Api
from tests.factories import make_tenant

TEAMS = 'organization(by: {slug: "x"}) { teams(first: 10) { nodes { id %s } } }'
MEMBERS = "members(first: 10) { nodes { user { name } %s } }"
THREE_TEAMS = "fragment T on Organization { teams(first: 3) { nodes { id } } }"
TASKS = "tasks(first: 50) { nodes { title } }"


@pytest.mark.parametrize(
    ("document", "variables", "requested"),
    [
        ("{ __typename }", {}, 0),
        ("{ organizations { nodes { id } } }", {}, 20),
        ("{ organizations(first: 7) { nodes { id } } }", {}, 7),
        ("{ organizations(last: 8) { nodes { id } } }", {}, 8),
        ("{ organizations(first: null) { nodes { id } } }", {}, 20),
        ("{ organizations(first: 1000000) { nodes { id } } }", {}, 100),
        ("{ organizations(first: -1) { nodes { id } } }", {}, 0),
        ("query ($n: Int) { organizations(first: $n) { nodes { id } } }", {"n": 9}, 9),
        ("query ($n: Int) { organizations(first: $n) { nodes { id } } }", {}, 20),
        ("query ($n: Int = 6) { organizations(first: $n) { nodes { id } } }", {}, 6),
        ('{ nodes(ids: ["a", "b"]) { id } }', {}, 2),
        ('{ task(by: {id: "a"}) { similar { similarity } } }', {}, 5),
        (
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Team { tasks(first: 5) { nodes { id } } } } }",
            {"ids": ["a"] * 3},
            18,
        ),
        (f"{{ {TEAMS % (MEMBERS % TASKS)} }}", {}, 10 + 10 * 10 + 10 * 10 * 50),
        (
            f"{{ organizations(first: 5) {{ edges {{ node {{ ...T }} }} nodes {{ ...T }} }} }} {THREE_TEAMS}",
            {},
            5 + 2 * 5 * 3,
        ),
    ],
)
def test_what_an_operation_comes_to(document: str, variables: dict[str, Any], requested: int) -> None:
    assert prices(graphql_schema, parse(document))[""].requested(variables) == requested


def test_each_operation_has_its_own() -> None:
    document = "query A { organizations { nodes { id } } } query B { organizations(first: 3) { nodes { id } } }"
    assert {name: one.requested({}) for name, one in prices(graphql_schema, parse(document)).items()} == {
        "A": 20,
        "B": 3,
    }


def test_fragments_that_double_each_other_are_added_up_once() -> None:
    fragments = [f"fragment F{number} on Organization {{ ...F{number + 1} ...F{number + 1} }}" for number in range(30)]
    document = "{ organizations(first: 1) { nodes { ...F0 } } } " + " ".join(fragments)
    document += " fragment F30 on Organization { teams(first: 1) { nodes { id } } }"
    assert prices(graphql_schema, parse(document))[""].requested({}) == 1 + 2**30


async def test_the_answer_says_what_was_asked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    body = await api.ask(
        "{ organizations(first: 5) { nodes { teams(first: 2) { nodes { key } } } } }", who=tenant.owner
    )
    assert body["extensions"] == {"cost": {"requested": 15, "limit": 10_000}}


async def test_too_much_is_refused_by_the_name_of_the_dearest_field(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    document = "query ($n: Int) { organizations(first: $n) { nodes { teams(first: 100) { nodes { id } } } } }"

    allowed = await api.ask(document, who=tenant.owner, n=99)
    refused = await api.ask(document, who=tenant.owner, n=100)

    assert allowed["extensions"] == {"cost": {"requested": 9_999, "limit": 10_000}}
    assert refused["errors"][0] == {
        "message": "The request has 10100 objects in its lists, most of them in `Organization.teams`, "
        "and at most 10000 are allowed: split it, or ask for less.",
        "locations": [{"line": 1, "column": 1}],
        "extensions": {
            "code": "LIMIT_EXCEEDED",
            "limit": "max_cost",
            "allowed": 10_000,
            "found": 10_100,
            "field": "Organization.teams",
            "cost": {"requested": 10_100, "limit": 10_000},
        },
    }
    assert "data" not in refused
    assert api.statements == []
