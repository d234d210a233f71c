"""What an operation may come to: objects by the sizes that it asks for, known before anything is loaded."""

from typing import Any

import asyncpg
import pytest
from graphql import get_introspection_query, parse

from app.config import Limits
from app.operations.cost import query_costs
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
        ("{ organizations { totalCount pageInfo { hasNextPage } } }", {}, 0),
        ("{ organizations { pageInfo { hasNextPage } teams: nodes { teams { totalCount } } } }", {}, 20),
        ("{ organizations { ...C } } fragment C on OrganizationConnection { edges { cursor } }", {}, 20),
        ("{ __typename }", {}, 0),
        ("{ organizations { nodes { id } } }", {}, 20),
        ("{ organizations(first: 7) { nodes { id } } }", {}, 7),
        ("{ organizations(last: 8) { nodes { id } } }", {}, 8),
        ("{ organizations(first: null) { nodes { id } } }", {}, 20),
        ("{ organizations(first: 1000000) { nodes { id } } }", {}, 100),
        ("{ organizations(first: -1) { nodes { id } } }", {}, 0),
        ("query ($n: Int) { organizations(first: $n) { nodes { id } } }", {"n": 9}, 9),
        ("query ($n: Int) { organizations(first: $n) { nodes { id } } }", {"n": 100.0}, 100),
        ("query ($n: Int) { organizations(first: $n) { nodes { id } } }", {"n": 1e300}, 100),
        ("query ($n: Int) { organizations(first: $n) { nodes { id } } }", {}, 20),
        ("query ($n: Int = 6) { organizations(first: $n) { nodes { id } } }", {}, 6),
        ('{ nodes(ids: ["a", "b"]) { id } }', {}, 2),
        ('{ task(by: {id: "a"}) { similar { similarity } } }', {}, 5),
        (
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Team { tasks(first: 5) { nodes { id } } } } }",
            {"ids": ["a"] * 3},
            18,
        ),
        ("{ __schema { queryType { name } } }", {}, 0),
        ("{ __schema { types { name fields { name args { name } } } } }", {}, 100 + 100 * 7 + 100 * 7 * 2),
        ('{ __type(name: "Task") { fields { name } } }', {}, 7),
        (f"{{ {TEAMS % (MEMBERS % TASKS)} }}", {}, 10 + 10 * 10 + 10 * 10 * 50),
        (
            f"{{ organizations(first: 5) {{ edges {{ node {{ ...T }} }} nodes {{ ...T }} }} }} {THREE_TEAMS}",
            {},
            5 + 2 * 5 * 3,
        ),
    ],
)
def test_what_an_operation_comes_to(document: str, variables: dict[str, Any], requested: int) -> None:
    assert query_costs(graphql_schema, parse(document))[""].requested(variables) == requested


def test_each_operation_has_its_own() -> None:
    document = "query A { organizations { nodes { id } } } query B { organizations(first: 3) { nodes { id } } }"
    assert {name: one.requested({}) for name, one in query_costs(graphql_schema, parse(document)).items()} == {
        "A": 20,
        "B": 3,
    }


def test_fragments_that_double_each_other_are_added_up_once() -> None:
    fragments = [f"fragment F{number} on Organization {{ ...F{number + 1} ...F{number + 1} }}" for number in range(30)]
    document = "{ organizations(first: 1) { nodes { ...F0 } } } " + " ".join(fragments)
    document += " fragment F30 on Organization { teams(first: 1) { nodes { id } } }"
    assert query_costs(graphql_schema, parse(document))[""].requested({}) == 1 + 2**30


async def test_the_answer_says_what_was_asked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    body = await api.ask(
        "{ organizations(first: 5) { nodes { teams(first: 2) { nodes { key } } } } }", who=tenant.owner
    )
    assert body["extensions"] == {"cost": {"requested": 15, "loaded": 2, "limit": 10_000}}


async def test_too_much_is_refused_by_the_name_of_the_dearest_field(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    document = """query ($n: Int) {
        organizations(first: $n) { nodes { teams(first: 100) { nodes { tasks(first: 49) { nodes { id } } } } } }
    }"""

    allowed = await api.ask(document, who=tenant.owner, n=99)
    refused = await api.ask(document, who=tenant.owner, n=100)

    assert allowed["extensions"] == {"cost": {"requested": 99 + 9_900 + 485_100, "loaded": 3, "limit": 10_000}}
    assert refused["errors"][0] == {
        "message": "The request has 500100 objects in its lists, most of them in `Team.tasks`, "
        "and at most 500000 are allowed: split it, or ask for less with `first`.",
        "locations": [{"line": 1, "column": 1}],
        "extensions": {
            "code": "LIMIT_EXCEEDED",
            "limit": "max_requested",
            "allowed": 500_000,
            "found": 500_100,
            "field": "Team.tasks",
            "argument": "first",
        },
    }
    assert "data" not in refused
    assert api.statements == []


def test_what_tools_ask_of_the_schema_is_within_the_limit() -> None:
    question = get_introspection_query(specified_by_url=True, schema_description=True, input_value_deprecation=True)
    assert query_costs(graphql_schema, parse(question))["IntrospectionQuery"].requested({}) < Limits().max_loaded


async def test_the_schema_is_not_told_again_and_again(api: Api) -> None:
    names = " ".join(f"a{place}: __schema {{ types {{ fields {{ name }} }} }}" for place in range(19))
    error = await api.error(f"{{ {names} }}", who=None)

    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    told = error["extensions"]
    assert (told["limit"], told["found"], told["allowed"]) == ("max_loaded", 19 * (100 + 700), 10_000)
