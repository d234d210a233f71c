"""Pages of lists, cut for each parent: against a model in Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.walk import NOBODY, ids_of, inputs, query, query_with_variable

Superuser: TypeAlias = "asyncpg.Connection[Any]"

STATUSES = ("BACKLOG", "TODO", "IN_PROGRESS", "IN_REVIEW", "DONE", "CANCELED")
PRIORITIES = ("URGENT", "HIGH", "MEDIUM", "LOW", "NONE")
TITLES = ("Same", "same", "Ärger", "Zebra")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS = ("CREATED_AT", "UPDATED_AT", "DUE_DATE", "PRIORITY", "STATUS", "TITLE", "NUMBER")
PAGE = """query ($slug: String!, $order: [TaskOrder!], $deleted: DeletedScope!, $first: Int, $last: Int, $after: String,
               $before: String) {
    organization(by: {slug: $slug}) { teams { nodes {
        tasks(orderBy: $order, deleted: $deleted, first: $first, last: $last, after: $after, before: $before) {
            totalCount
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            edges { cursor node { id } }
            nodes { id }
        }
    } } }
}"""
SHOWN = PAGE[PAGE.index("edges {") : PAGE.index("}\n    } } }")]
ENDS = PAGE.replace("totalCount", "").replace(SHOWN, "")  # of which only `pageInfo` is asked
INSERT = """
INSERT INTO tasks (organization_id, id, team_id, number, title, status, priority, due_date, tags, completed_at,
                   created_at, updated_at, deleted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9, $10, $11, $12)
"""


@dataclass(frozen=True)
class Row:
    """A task, as the model knows it."""

    id: UUID
    number: int
    title: str
    status: str
    priority: str
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    def value(self, field: str, direction: str) -> Any:
        """What the row is sorted by; without a date it is the last in both directions."""
        return {
            "CREATED_AT": self.created_at,
            "UPDATED_AT": self.updated_at,
            "DUE_DATE": self.due_date or (date.max if direction == "ASC" else date.min),
            "PRIORITY": PRIORITIES.index(self.priority),
            "STATUS": STATUSES.index(self.status),
            "TITLE": self.title,
            "NUMBER": self.number,
        }[field]


def random_row(random: Random, number: int) -> Row:
    """Full of equal values, so that the id has to decide."""
    return Row(
        id=new_id(),
        number=number,
        title=random.choice(TITLES),
        status=random.choice(STATUSES),
        priority=random.choice(PRIORITIES),
        due_date=random.choice((None, date(2026, 1, random.randint(1, 3)))),
        created_at=NOW + timedelta(seconds=random.randint(0, 3)),
        updated_at=NOW + timedelta(microseconds=random.randint(0, 3)),
        deleted_at=random.choice((None, None, NOW)),
    )


async def insert(superuser: Superuser, tenant: Tenant, team: UUID, rows: list[Row]) -> None:
    await superuser.executemany(
        INSERT,
        [
            (
                *(tenant.id, row.id, team, row.number, row.title, row.status, row.priority, row.due_date),
                *(NOW if row.status == "DONE" else None, row.created_at, row.updated_at, row.deleted_at),
            )
            for row in rows
        ],
    )


@dataclass(frozen=True)
class Listed:
    """A tenant whose teams have lists of different lengths, one of them empty."""

    tenant: Tenant
    teams: list[list[Row]]


@pytest.fixture(scope="module")
async def listed(superuser: Superuser) -> Listed:
    tenant = await make_tenant(superuser, teams=4, tasks=0)
    random = Random(7)
    teams = [[random_row(random, number) for number in range(1, length + 1)] for length in (0, 1, 9, 40)]
    for team, rows in zip(tenant.teams, teams, strict=True):
        await insert(superuser, tenant, team, rows)
    return Listed(tenant, teams)


@dataclass(frozen=True)
class Asked:
    """The arguments of a page."""

    orders: list[tuple[str, str]]  # fields with their directions
    deleted: str
    size: int
    backward: bool
    after: int | None  # the number of the task in the longest list whose cursor it is
    before: int | None


PAGES = st.builds(
    Asked,
    orders=st.lists(
        st.tuples(st.sampled_from(ORDERS), st.sampled_from(("ASC", "DESC"))),
        min_size=1,
        max_size=3,
        unique_by=lambda order: order[0],
    ),
    deleted=st.sampled_from(("EXCLUDE", "INCLUDE", "ONLY")),
    size=st.integers(0, 12),
    backward=st.booleans(),
    after=st.none() | st.integers(1, 40),
    before=st.none() | st.integers(1, 40),
)


def in_order(rows: Iterable[Row], orders: list[tuple[str, str]]) -> list[Row]:
    """Sorted by the last key first, since Python's sort leaves equal ones as they are."""
    found = sorted(rows, key=lambda row: row.id, reverse=orders[-1][1] == "DESC")
    for field, direction in reversed(orders):
        found.sort(key=lambda row: row.value(field, direction), reverse=direction == "DESC")
    return found


def expected(rows: list[Row], longest: list[Row], asked: Asked) -> dict[str, Any]:
    """What the model says of one team's page."""
    scope = {"EXCLUDE": (True, False), "INCLUDE": (True, True), "ONLY": (False, True)}[asked.deleted]
    seen = [row for row in rows if scope[row.deleted_at is not None]]
    after, before = (number and longest[number - 1] for number in (asked.after, asked.before))
    between = in_order({*seen, *(row for row in (after, before) if row)}, asked.orders)
    low = between.index(after) + 1 if after else 0
    high = between.index(before) if before else len(between)
    between = [row for row in between[low:high] if row in seen]
    more = len(between) > asked.size
    page = between[max(len(between) - asked.size, 0) :] if asked.backward else between[: asked.size]
    return {
        "totalCount": len(seen),
        "ids": [str(row.id) for row in page],
        "hasNextPage": before is not None if asked.backward else more,
        "hasPreviousPage": more if asked.backward else after is not None,
    }


def shown(connection: dict[str, Any]) -> dict[str, Any]:
    """What the API says of one team's page; its parts must agree with each other."""
    ids, info = [node["id"] for node in connection["nodes"]], connection["pageInfo"]
    edges = connection["edges"]
    assert [edge["node"]["id"] for edge in edges] == ids
    ends = (edges[0]["cursor"], edges[-1]["cursor"]) if edges else (None, None)
    assert (info["startCursor"], info["endCursor"]) == ends
    return {
        "totalCount": connection["totalCount"],
        "ids": ids,
        "hasNextPage": info["hasNextPage"],
        "hasPreviousPage": info["hasPreviousPage"],
    }


async def pages(api: Api, tenant: Tenant, document: str = PAGE, **arguments: Any) -> list[dict[str, Any]]:
    """The page of each team."""
    given_arguments = {"order": None, "deleted": "EXCLUDE"} | arguments
    data = await api.data(document, who=tenant.owner, slug=tenant.slug, **given_arguments)
    return [team["tasks"] for team in data["organization"]["teams"]["nodes"]]


@settings(max_examples=100, deadline=None)
@given(asked=PAGES)
async def test_pages_are_cut_for_each_parent_as_the_model_says(api: Api, listed: Listed, asked: Asked) -> None:
    longest = listed.teams[-1]
    order = [{"field": field, "direction": direction} for field, direction in asked.orders]
    *_, whole = await pages(api, listed.tenant, order=order, deleted="INCLUDE", first=100)
    cursors = {edge["node"]["id"]: edge["cursor"] for edge in whole["edges"]}
    bounds: dict[str, Any] = {
        name: number and cursors[str(longest[number - 1].id)]
        for name, number in (("after", asked.after), ("before", asked.before))
    }
    size: dict[str, Any] = {"last" if asked.backward else "first": asked.size}
    answered = await pages(api, listed.tenant, order=order, deleted=asked.deleted, **size, **bounds)
    ends = await pages(api, listed.tenant, ENDS, order=order, deleted=asked.deleted, **size, **bounds)

    assert [shown(page) for page in answered] == [expected(rows, longest, asked) for rows in listed.teams]
    assert [page["pageInfo"] for page in ends] == [page["pageInfo"] for page in answered]


@pytest.mark.parametrize(("size", "start", "on"), [("first", "after", "before"), ("last", "before", "after")])
async def test_paging_between_two_cursors_ends(api: Api, listed: Listed, size: str, start: str, on: str) -> None:
    """From the first task to the last, three at a time, in either direction."""
    (*_, whole) = await pages(api, listed.tenant, order={"field": "NUMBER", "direction": "ASC"}, first=100)
    every = [edge["node"]["id"] for edge in whole["edges"]]
    ends = {"after": whole["pageInfo"]["startCursor"], "before": whole["pageInfo"]["endCursor"]}
    more, cursor = ("hasNextPage", "endCursor") if size == "first" else ("hasPreviousPage", "startCursor")

    found: list[str] = []
    asked: dict[str, Any] = {size: 3, **ends}
    goes_on = True
    while goes_on:
        order = {"field": "NUMBER", "direction": "ASC"}
        (*_, page) = await pages(api, listed.tenant, order=order, **asked)
        ids = [node["id"] for node in page["nodes"]]
        found = found + ids if size == "first" else ids + found
        assert len(found) <= len(every), "it comes to no end"
        goes_on, asked[start] = page["pageInfo"][more], page["pageInfo"][cursor]
        assert asked[on] == ends[on]

    assert found == every[1:-1]


async def test_an_empty_cursor_is_none_in_every_list(api: Api, superuser: Superuser) -> None:
    """What the helper of Apollo Client sends after an empty page."""
    tenant = await make_tenant(superuser, documents=1)
    given_ids = ids_of(tenant)
    wrong = []
    for tried in inputs():
        if tried.argument not in ("after", "before"):
            continue
        for document in (query(tried, '""', given_ids), query_with_variable(tried, given_ids)):
            text = document.replace(NOBODY, str(tenant.id)).replace('"T1-1"', '"task"')
            body = await api.ask(text, who=tenant.owner, value="")
            wrong += [(str(tried), body["errors"])] if "errors" in body else []
    assert wrong == []


async def test_an_empty_cursor_begins_at_the_start(api: Api, listed: Listed) -> None:
    assert await pages(api, listed.tenant, first=3, after="") == await pages(api, listed.tenant, first=3)
    assert await pages(api, listed.tenant, last=3, before="") == await pages(api, listed.tenant, last=3)
