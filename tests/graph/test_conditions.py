"""Filters of the same shape are the same SQL, which is made once, whatever values they have."""

from typing import Any

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.base import PGCompiler

from app.db.statement import DIALECT
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.ranking.test_search_tasks import search
from tests.ranking.texts import make_searchable

LIST = """query ($slug: String!, $filter: TaskFilter!) {
  organization(by: {slug: $slug}) { tasks(filter: $filter) { totalCount nodes { title } } }
}"""


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that SQLAlchemy has written since."""
    made: list[str] = []

    class Compiler(PGCompiler):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            made.append(str(self))

    monkeypatch.setattr(DIALECT, "statement_compiler", type("Compiler", (Compiler, DIALECT.statement_compiler), {}))
    return made


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, teams=3, tasks=2)


async def titles(api: Api, tenant: Tenant, condition: Any) -> list[str]:
    data = await api.data(LIST, who=tenant.owner, slug=tenant.slug, filter=condition)
    return sorted(node["title"] for node in data["organization"]["tasks"]["nodes"])


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ({"title": {"eq": "Task 1"}}, {"title": {"eq": "Task 2"}}),
        ({"title": {"in": ["Task 1"]}}, {"title": {"in": ["Task 2", "Task 3"]}}),
        ({"title": {"contains": "1"}}, {"title": {"contains": "%_"}}),
        ({"status": {"ne": "DONE"}}, {"status": {"ne": "TODO"}}),
        ({"estimate": {"lt": 2}}, {"estimate": {"lt": 3.5}}),
        ({"dueDate": {"gte": "2026-01-01"}}, {"dueDate": {"gte": "2027-02-02"}}),
        ({"createdAt": {"gt": "2026-01-01T00:00:00Z"}}, {"createdAt": {"gt": "2027-01-01T00:00:00Z"}}),
        ({"tags": {"hasAny": ["a"]}}, {"tags": {"hasAny": ["b", "c"]}}),
        ({"tags": {"isEmpty": True}}, {"tags": {"isEmpty": False}}),
        ({"completed": True}, {"completed": False}),
        ({"team": {"key": {"eq": "T1"}}}, {"team": {"key": {"eq": "T2"}}}),
        ({"or": [{"title": {"eq": "A"}}, {"not": {"team": {"key": {"eq": "T1"}}}}]},
         {"or": [{"title": {"eq": "B"}}, {"not": {"team": {"key": {"eq": "T3"}}}}]}),
    ],
)  # fmt: skip
async def test_other_values_build_no_other_statement(
    api: Api, tenant: Tenant, compiled: list[str], condition: Any, other: Any
) -> None:
    await titles(api, tenant, condition)
    compiled.clear()
    await titles(api, tenant, other)

    assert compiled == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"title": {"eq": "Task 1"}}, ["Task 1"] * 3),
        ({"title": {"ne": "Task 1"}}, ["Task 2"] * 3),
        ({"and": [{"title": {"eq": "Task 1"}}, {"team": {"key": {"eq": "T2"}}}]}, ["Task 1"]),
        ({"or": [{"title": {"eq": "Task 1"}}, {"team": {"key": {"eq": "T2"}}}]}, ["Task 1"] * 3 + ["Task 2"]),
        ({"and": [{"title": {"eq": "Task 1"}}, {"not": {"team": {"key": {"eq": "T2"}}}}]}, ["Task 1"] * 2),
        ({"and": [{"title": {"eq": "Task 1"}}, {"team": {"name": {"eq": "T2"}}}]}, []),
        ({"estimate": {"isNull": True}}, ["Task 1"] * 3 + ["Task 2"] * 3),
        ({"estimate": {"isNull": False}}, []),
    ],
)
async def test_other_shapes_are_other_statements(api: Api, tenant: Tenant, condition: Any, found: list[str]) -> None:
    assert await titles(api, tenant, condition) == found


@pytest.mark.parametrize("mode", ["HYBRID", "FULL_TEXT", "FUZZY"])
async def test_neither_do_searches(
    api: Api, superuser: "asyncpg.Connection[Any]", compiled: list[str], mode: str
) -> None:
    tenant = await make_searchable(superuser, ["Login fails", "Login page"])
    found = []
    for title in ("fails", "page"):
        compiled.clear()
        hits = await search(api, tenant, "login", mode=mode, filter={"title": {"contains": title}})
        found += [edge["node"]["title"] for edge in hits["edges"]]

    assert (found, compiled) == (["Login fails", "Login page"], [])
