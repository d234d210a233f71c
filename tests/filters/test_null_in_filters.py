"""Null in a filter: refused with its place in every filter of every list and search, since it must widen none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLInputObjectType, get_named_type

from app.schema import graphql_schema
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.walk import NOBODY, Input, ids_of, inputs, query

DOCUMENT = "query ($id: ID!, $filter: TaskFilter) { team(id: $id) { tasks(filter: $filter) { totalCount } } }"
HINT = "What has no value is found by `isNull: true`, and what leads to nothing by `not: {…: {}}`."


@dataclass(frozen=True)
class Null:
    """A place in the filter of a list or search."""

    list: Input
    path: tuple[str, ...]
    type: str  # of what stands there

    def document(self, tenant: Tenant, value: str, variables: str = "") -> str:
        text = value
        for name in reversed(self.path):
            text = f"{{{name}: {text}}}"
        asked = query(self.list, "$filter", ids_of(tenant), variables="()").replace("query ()", f"query {variables}")
        return asked.replace("$filter", text).replace(NOBODY, str(tenant.id)).replace('"T1-1"', '"task"')


def nulls() -> Iterator[Null]:
    """Each field of each input that a filter is made of, once; and for each list and search one."""
    seen = set()
    for tried in inputs():
        if tried.argument != "filter":
            continue
        if (tried.parent, tried.field) not in seen:
            seen.add((tried.parent, tried.field))
            yield from _of_words(tried)
        kind: Any = get_named_type(tried.definition.args["filter"].type)
        for place, name in enumerate(tried.path):
            path = tried.path[: place + 1]
            if (kind.name, name) not in seen:
                seen.add((kind.name, name))
                yield Null(tried, path, str(kind.fields[name].type))
            kind = get_named_type(kind.fields[name].type)


def _of_words(tried: Input) -> Iterator[Null]:
    kind: Any = get_named_type(tried.definition.args["filter"].type)
    for name in ("and", "or", "not"):
        yield Null(tried, (name,), str(kind.fields[name].type))


def inputs_of_filters() -> set[str]:
    found: set[str] = set()
    left = [get_named_type(one.definition.args["filter"].type) for one in inputs() if one.argument == "filter"]
    while left:
        kind = left.pop()
        if isinstance(kind, GraphQLInputObjectType) and kind.name not in found:
            found.add(kind.name)
            left += [get_named_type(field.type) for field in kind.fields.values()]
    return found


async def test_null_is_refused_with_its_place(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    wrong = []
    for null in nulls():
        declared = f"($value: {null.type})"
        answers = [
            await api.ask(null.document(tenant, "null"), who=tenant.owner),
            await api.ask(null.document(tenant, "$value", declared), who=tenant.owner, value=None),
            await api.ask(null.document(tenant, "$value", declared), who=tenant.owner),
        ]
        expected = f"`filter.{'.'.join(null.path)}` is null: leave it out. {HINT}"
        for way, body in zip(("literal", "variable", "left out"), answers, strict=True):
            told = [(error["extensions"]["code"], error["message"]) for error in body.get("errors", [])]
            if told != [("BAD_USER_INPUT", expected)]:
                wrong.append((str(null.list), null.path, way, told))
    assert wrong == []


def test_each_input_of_a_filter_says_so() -> None:
    kinds = inputs_of_filters()
    silent = [name for name in kinds if "`null` is refused" not in (graphql_schema.type_map[name].description or "")]
    assert (len(kinds) > 15, silent) == (True, [])


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser)


@pytest.mark.parametrize("me", [{}, {"me": None}])
async def test_my_tasks_without_me_are_not_everybodys(api: Api, tenant: Tenant, me: dict[str, Any]) -> None:
    mine = """query ($id: ID!, $me: ID) { team(id: $id) {
        tasks(filter: {assignee: {user: {id: {eq: $me}}}}) { nodes { id } }
    } }"""

    error = await api.error(mine, who=tenant.owner, id=str(tenant.teams[0]), **me)

    assert error["message"] == f"`filter.assignee.user.id.eq` is null: leave it out. {HINT}"
    assert error["path"] == ["team", "tasks", "nodes"]


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"title": {}}, "filter.title"),
        ({"assignee": {"user": {"id": {}}}}, "filter.assignee.user.id"),
        ({"or": [{"completed": True}, {"not": {"status": {}}}]}, "filter.or.1.not.status"),
        ({"tags": {}}, "filter.tags"),
    ],
)
async def test_what_json_leaves_out_does_not_widen_a_list(
    api: Api, tenant: Tenant, condition: dict[str, Any], place: str
) -> None:
    """A client's undefined variable is not in the JSON that it sends."""
    error = await api.error(DOCUMENT, who=tenant.owner, id=str(tenant.teams[0]), filter=condition)
    assert error["message"] == f"`{place}` is empty: give one of its fields, or leave it out."
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_what_asks_for_nothing_is_heard(api: Api, tenant: Tenant) -> None:
    """No filter at all, a default, and a field that is skipped."""
    everything: list[dict[str, Any]] = [{}, {"filter": None}, {"filter": {}}]
    for given in everything:
        data = await api.data(DOCUMENT, who=tenant.owner, id=str(tenant.teams[0]), **given)
        assert data == {"team": {"tasks": {"totalCount": 1}}}
    default = """query ($id: ID!, $title: String = "Task 2") {
        team(id: $id) { tasks(filter: {title: {eq: $title}}) { totalCount } } }"""
    assert await api.data(default, who=tenant.owner, id=str(tenant.teams[0])) == {"team": {"tasks": {"totalCount": 0}}}
    skipped = """query ($id: ID!, $title: String, $with: Boolean!) {
        team(id: $id) { name tasks(filter: {title: {eq: $title}}) @include(if: $with) { totalCount } } }"""
    variables = {"id": str(tenant.teams[0]), "with": False}
    assert await api.data(skipped, who=tenant.owner, **variables) == {"team": {"name": "Team 0001"}}


async def test_a_variable_of_an_input_stays_left_out(api: Api, tenant: Tenant) -> None:
    """It would clear the description if it counted as null there, too."""
    document = """mutation ($id: ID!, $text: String) {
        updateTask(id: $id, input: {title: "A", description: $text}) { task { team {
            tasks(filter: {title: {eq: $text}}) { totalCount } } } } }"""
    await api.data(
        'mutation ($id: ID!) { updateTask(id: $id, input: {description: "Kept"}) { userErrors { code } } }',
        who=tenant.owner,
        id=str(tenant.tasks[0]),
    )
    await api.ask(document, who=tenant.owner, id=str(tenant.tasks[0]))
    task = await api.data(
        "query ($id: ID!) { task(by: {id: $id}) { description } }", who=tenant.owner, id=str(tenant.tasks[0])
    )
    assert task == {"task": {"description": "Kept"}}
