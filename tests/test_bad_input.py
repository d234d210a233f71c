"""What no argument can be: refused with a code and a place, never with a failure, SQL or a word of Python."""

import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type

from app.graph.errors import quoted
from tests.api import Api
from tests.factories import make_tenant
from tests.walk import Input, ids_of, inputs, query, query_with_variable, variable

INTERNAL = re.compile(
    r"asyncpg|sqlalchemy|SELECT|postgres(?!')|relation|Traceback|\.py\b|<[a-z]+ object|Exception|\bNone\b|\{'|\['"
)
NO_JSON = object()
# For each kind of leaf what it cannot be: as GraphQL text, and as the JSON of a variable.
BAD: dict[str, list[tuple[str, Any]]] = {
    "String": [("5", 5), (r'"\u0000"', "\0"), (r'"a\u0000b"', "a\0b"), ("ENUM", ["a", "b", ["c"]])],
    "ID": [('"x"', "x"), (r'"\u0000"', "\0"), ("1.5", 1.5), ('"{00000000-0000-7000-8000-000000000000}"', "0" * 32)],
    "Int": [("2147483648", 2**31), ('"1"', "1"), ("1.5", 1.5), ("-2147483649", 10**30)],
    "Float": [("1e400", NO_JSON), ("-1e400", NO_JSON), ('"NaN"', "NaN"), ("1" + "0" * 400, "Infinity")],
    "Boolean": [('"true"', "true"), ("1", 1)],
    "Date": [('"0000-01-01"', "0000-01-01"), ('"99999-01-01"', "99999-01-01"), ('"infinity"', "infinity"), ("5", 5)],
    "DateTime": [
        ('"0000-01-01T00:00:00Z"', "0000-01-01T00:00:00Z"),
        ('"10000-01-01T00:00:00Z"', "10000-01-01T00:00:00Z"),
        ('"0001-01-01T00:00:00+23:59"', "9999-12-31T23:59:59-23:59"),
        ('"2026-01-01T00:00:00"', "2026-01-01T00:00:00"),
        ('"-infinity"', "-infinity"),
        ('"2026-02-30T00:00:00Z"', 5),
    ],
}
ENUMERATION = [("NOPE", "NOPE"), ('"ASC"', 5)]


def bad_values(tried: Input) -> Iterator[tuple[str, Any]]:
    yield from ENUMERATION if isinstance(tried.leaf, GraphQLEnumType) else BAD[tried.leaf.name]


def complaints(response: Any) -> list[str]:
    """What is wrong with a refusal; nothing if it has a code of the client's fault, a place and plain words."""
    if response.status_code >= 500:
        return [f"status {response.status_code}"]
    errors = response.json().get("errors", [])
    found = [] if errors else ["was taken"]
    for error in errors:
        if error["extensions"]["code"] not in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}:
            found.append(f"code {error['extensions']['code']}")
        if not (error.get("path") or error.get("locations") or error["extensions"].get("inputPath")):
            found.append("says no place")
        if INTERNAL.search(error["message"]):
            found.append(error["message"])
    return found


def meaning(tried: Input) -> tuple[str, ...]:
    """What an input is wherever it is taken: the last filter around it, and its path in there."""
    given = tried.definition.args[tried.argument].type
    kind = get_named_type(given)
    for name in tried.path[:-2]:
        assert isinstance(kind, GraphQLInputObjectType)
        kind = get_named_type(kind.fields[name].type)
    return (kind.name, *tried.path[-2:]) if tried.path else (str(given), tried.argument)


async def test_no_input_takes_what_it_cannot_be(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=1)
    ids = ids_of(tenant)
    # Each is tried in one of its places, which is one of the deepest: behind as many relations as lead there.
    alike = {meaning(one): one for one in sorted(inputs(), key=lambda one: len(one.path))}
    wrong = []
    for tried in alike.values():
        for text, value in bad_values(tried):
            written = await api.send(query(tried, text, ids), who=tenant.owner)
            wrong += [f"{tried}: {text}: {one}" for one in complaints(written)]
            if value is not NO_JSON:
                given = variable(tried, value)
                sent = await api.send(query_with_variable(tried, ids), who=tenant.owner, value=given)
                wrong += [f"{tried} = {value!r}: {one}" for one in complaints(sent)]
    assert wrong == []


async def test_the_place_of_a_nul_is_said(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    error = await api.error(
        "query ($id: ID!, $filter: TaskFilter) { team(id: $id) { tasks(filter: $filter) { totalCount } } }",
        who=tenant.owner,
        id=str(tenant.teams[0]),
        filter={"or": [{"title": {"eq": "fine"}}, {"title": {"in": ["fine", "not\0fine"]}}]},
    )
    assert error == {
        "message": "The variable `filter.or.1.title.in.1` holds the character NUL (U+0000): leave it out.",
        "extensions": {"code": "BAD_USER_INPUT", "inputPath": ["filter", "or", 1, "title", "in", 1]},
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: -1", "`first` is -1: ask for 0 to 100 objects, and page on with cursors."),
        ("first: 101", "`first` is 101: ask for 0 to 100 objects, and page on with cursors."),
        ("last: -1", "`last` is -1: ask for 0 to 100 objects, and page on with cursors."),
        ("last: 101", "`last` is 101: ask for 0 to 100 objects, and page on with cursors."),
        ("first: 1, last: 1", "Ask for `first` or for `last`, not for both."),
        ("first: 0, last: 0", "Ask for `first` or for `last`, not for both."),
    ],
)
async def test_a_page_of_impossible_size(
    api: Api, superuser: "asyncpg.Connection[Any]", arguments: str, message: str
) -> None:
    tenant = await make_tenant(superuser)
    error = await api.error(f"{{ organizations({arguments}) {{ nodes {{ id }} }} }}", who=tenant.owner)
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["organizations"])
    assert error["message"] == message


@pytest.mark.parametrize("given", [{}, {"id": "x", "slug": "y"}, {"id": None}, {"slug": "y", "id": None}])
async def test_one_of_takes_exactly_one(api: Api, superuser: "asyncpg.Connection[Any]", given: dict[str, Any]) -> None:
    tenant = await make_tenant(superuser)
    document = "query ($by: OrganizationBy!) { organization(by: $by) { id } }"
    sent = await api.error(document, who=tenant.owner, by=given)
    text = ", ".join(f"{name}: null" if value is None else f'{name}: "{value}"' for name, value in given.items())
    written = await api.error(f"{{ organization(by: {{{text}}}) {{ id }} }}", who=tenant.owner)

    wanted = "Within OneOf Input Object type 'OrganizationBy', exactly one field must be specified"
    assert wanted in sent["message"]
    assert wanted in written["message"]
    assert sent["extensions"]["code"] == "BAD_USER_INPUT"
    assert written["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_one_of_with_a_variable_left_out(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = "query ($slug: String) { organization(by: {slug: $slug}) { id } }"
    error = await api.error(document, who=tenant.owner)
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["organization"])


async def test_null_for_what_has_a_default(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    error = await api.error(
        "query ($id: ID!, $deleted: DeletedScope) { team(id: $id) { tasks(deleted: $deleted) { totalCount } } }",
        who=tenant.owner,
        id=str(tenant.teams[0]),
        deleted=None,
    )
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["team", "tasks"])


async def test_a_slug_that_nothing_can_have_finds_nothing(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = "query ($slug: String!) { organization(by: {slug: $slug}) { id } }"
    for slug in ("", " ", "%", tenant.slug.upper(), "x" * 10_000, "\N{PILE OF POO}", "' OR 1=1 --"):
        assert await api.data(document, who=tenant.owner, slug=slug) == {"organization": None}


@pytest.mark.parametrize(
    "key", ["", "ENG", "ENG-", "-1", "ENG 1", "ENG-1\n", "ENG--1", "ENG-+1", "1-1", "E" * 13 + "-1", "ENG-\u0661"]
)
async def test_a_task_key_of_another_form(api: Api, superuser: "asyncpg.Connection[Any]", key: str) -> None:
    error = await _error_of_key(api, superuser, key)
    assert error["message"] == f"`by.key.key` is not a task's key, but {quoted(key)}: keys look like ENG-42."


@pytest.mark.parametrize("number", [2**31, 9_999_999_999, 10**10, 10**100])
async def test_a_task_number_that_no_column_holds(api: Api, superuser: "asyncpg.Connection[Any]", number: int) -> None:
    error = await _error_of_key(api, superuser, f"ENG-{number}")
    assert (
        error["message"] == f"`by.key.key` is not a task's key, but {quoted(f'ENG-{number}')}: keys look like ENG-42."
    )


async def _error_of_key(api: Api, superuser: "asyncpg.Connection[Any]", key: str) -> dict[str, Any]:
    tenant = await make_tenant(superuser)
    document = "query ($key: TaskKey!) { task(by: {key: $key}) { id } }"
    error = await api.error(document, who=tenant.owner, key={"organizationSlug": tenant.slug, "key": key})
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", ["task"])
    return error


async def test_the_largest_task_number_is_looked_for(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = "query ($key: TaskKey!) { task(by: {key: $key}) { id } }"
    key = {"organizationSlug": tenant.slug, "key": f"t1-{2**31 - 1}"}
    assert await api.data(document, who=tenant.owner, key=key) == {"task": None}


async def test_more_ids_than_a_list_may_hold(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [str(tenant.id)] * 101

    error = await api.error(document, who=tenant.owner, ids=ids)

    assert error["message"] == "`ids` holds 101 ids: at most 100 are allowed."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert len((await api.data(document, who=tenant.owner, ids=ids[1:]))["nodes"]) == 100


async def test_the_one_bad_id_of_a_list_is_named(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    error = await api.error(document, who=tenant.owner, ids=[str(tenant.id), "x"])
    assert error["message"] == '`ids.1` is not an id, but "x": ids are UUIDs such as those in `id` fields.'
