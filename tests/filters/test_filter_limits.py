"""How large a filter may be, and the words for one that is wrong somewhere inside."""

from typing import Any

import asyncpg
import pytest

from app.graph.filter_path import DEEPEST, LONGEST_LIST, MOST_CONDITIONS, MOST_RELATIONS
from tests.api import Api
from tests.factories import Tenant, make_tenant

DOCUMENT = "query ($id: ID!, $filter: TaskFilter) { team(id: $id) { tasks(filter: $filter) { totalCount } } }"


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser)


async def count(api: Api, tenant: Tenant, condition: dict[str, Any]) -> int:
    data = await api.data(DOCUMENT, who=tenant.owner, id=str(tenant.teams[0]), filter=condition)
    total: int = data["team"]["tasks"]["totalCount"]
    return total


async def refusal(api: Api, tenant: Tenant, condition: dict[str, Any]) -> str:
    error = await api.error(DOCUMENT, who=tenant.owner, id=str(tenant.teams[0]), filter=condition)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["team", "tasks", "totalCount"]
    message: str = error["message"]
    return message


def nested(depth: int, word: str) -> dict[str, Any]:
    condition: dict[str, Any] = {"completed": False}
    for _ in range(depth):
        condition = {word: condition if word == "not" else [condition]}
    return condition


@pytest.mark.parametrize("word", ["and", "or", "not"])
async def test_filters_in_filters(api: Api, tenant: Tenant, word: str) -> None:
    assert await count(api, tenant, nested(DEEPEST, word)) == 1
    message = await refusal(api, tenant, nested(DEEPEST + 1, word))
    assert message == "`filter` may hold filters 10 deep, not deeper."


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"and": [{}]}, "filter.and"),
        ({"or": [{}]}, "filter.or"),
        ({"title": {"in": ["a"]}}, "filter.title.in"),
        ({"estimate": {"notIn": [1.0]}}, "filter.estimate.notIn"),
        ({"tags": {"hasAny": ["a"]}}, "filter.tags.hasAny"),
        ({"status": {"in": ["TODO"]}}, "filter.status.in"),
    ],
)
async def test_long_lists(api: Api, tenant: Tenant, condition: dict[str, Any], place: str) -> None:
    def longer(value: Any, times: int) -> Any:
        if isinstance(value, list):
            return value * times
        return {name: longer(inner, times) for name, inner in value.items()}

    assert await count(api, tenant, longer(condition, LONGEST_LIST)) in {0, 1}
    message = await refusal(api, tenant, longer(condition, LONGEST_LIST + 1))
    assert message == f"`{place}` holds 101 values: at most 100 are allowed."


async def test_many_conditions(api: Api, tenant: Tenant) -> None:
    inner = {"and": [{"estimate": {"isNull": True}}] * 99}  # 199 with itself
    most = {"and": [inner, {"and": [{"estimate": {"isNull": True}}] * 49}]}  # 299 with those and itself, and one more
    most["and"].append({})
    assert await count(api, tenant, most) == 1

    message = await refusal(api, tenant, {"and": [*most["and"], {}]})

    assert message == f"The filters of a request may hold {MOST_CONDITIONS} conditions in all, not more."


async def test_many_relations(api: Api, tenant: Tenant) -> None:
    two = {"assignee": {"user": {"email": {"contains": "@"}}}}  # a member of the team, and who that is
    assert await count(api, tenant, {"and": [two] * (MOST_RELATIONS // 2)}) in {0, 1}

    message = await refusal(api, tenant, {"and": [*[two] * (MOST_RELATIONS // 2), {"team": {"key": {"eq": "ENG"}}}]})

    assert message == "The filters of a request may follow 40 relations in all, not more."


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ({"id": {"eq": "x"}}, "filter.id.eq"),
        ({"id": {"notIn": ["00000000-0000-7000-8000-000000000000", "x"]}}, "filter.id.notIn.1"),
        ({"assignee": {"user": {"id": {"ne": "x"}}}}, "filter.assignee.user.id.ne"),
        ({"or": [{}, {"not": {"team": {"id": {"in": ["x"]}}}}]}, "filter.or.1.not.team.id.in.0"),
    ],
)
async def test_the_place_of_a_bad_id(api: Api, tenant: Tenant, condition: dict[str, Any], place: str) -> None:
    message = await refusal(api, tenant, condition)
    assert message == f'`{place}` is not an id, but "x": ids are UUIDs such as those in `id` fields.'


async def test_the_filters_of_a_request_are_added_up(api: Api, tenant: Tenant) -> None:
    """Building 64 conditions takes 10 ms, in which nobody else is answered."""
    lists = " ".join(f"a{place}: tasks(filter: $f{place}) {{ nodes {{ id }} }}" for place in range(5))
    given = ", ".join(f"$f{place}: TaskFilter" for place in range(5))
    filters = {f"f{place}": {"or": [{"title": {"contains": f"{place} {n}"}} for n in range(64)]} for place in range(5)}

    body = await api.ask(
        f"query ($id: ID!, {given}) {{ team(id: $id) {{ {lists} }} }}",
        who=tenant.owner,
        id=str(tenant.teams[0]),
        **filters,
    )

    message = "The filters of a request may hold 300 conditions in all, not more."
    assert {error["message"] for error in body["errors"]} == {message}
