"""Cursors: good in the list and order that gave them, refused everywhere else, however they are forged."""

from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg
import pytest
from graphql import GraphQLEnumType
from sqlalchemy import BigInteger, Date, DateTime, Integer, SmallInteger, Text

from app.graph.cursors import LONGEST, decode, encode
from app.graph.errors import BadUserInput
from tests.api import Api
from tests.factories import make_tenant
from tests.walk import ids_of, inputs, query

ROW_ID = UUID("01890000-0000-7000-8000-000000000001")
ORDERS = [one for one in inputs() if one.argument == "orderBy" and one.path == ("field",)]
REFUSAL = "`after` is not a cursor of this list: pass a cursor that the same field gave, in the same order."


@pytest.mark.parametrize(
    ("value", "column_type"),
    [
        ("Größe \N{PILE OF POO}", Text()),
        ("", Text()),
        (2**31 - 1, Integer()),
        (2**31, BigInteger()),
        (2**63 - 1, BigInteger()),
        (-(2**15), SmallInteger()),
        (date(2026, 2, 28), Date()),
        (datetime(2026, 2, 28, 1, 2, 3, 456789, tzinfo=UTC), DateTime(timezone=True)),
    ],
)
def test_a_cursor_stands_where_it_was_made(value: Any, column_type: Any) -> None:
    [cursor] = encode("Task.it+", [(value, ROW_ID)])
    assert decode("Task.it+", cursor, "after", column_type) == (value, ROW_ID)


def test_the_longest_title_fits() -> None:
    [cursor] = encode("Task.title+", [("\N{PILE OF POO}" * 200, ROW_ID)])
    assert len(cursor) < LONGEST
    assert decode("Task.title+", cursor, "after", Text()) == ("\N{PILE OF POO}" * 200, ROW_ID)


def forged(content: bytes, *, listed: str = "Task.it+", row_id: bytes = ROW_ID.bytes) -> str:
    """A cursor whose tag is right."""
    return urlsafe_b64encode(crc32(listed.encode()).to_bytes(4, "big") + row_id + content).decode()


@pytest.mark.parametrize(
    ("cursor", "column_type"),
    [
        ("", Text()),
        ("x", Text()),
        ("=", Text()),
        ("\N{PILE OF POO}", Text()),
        ("\ud800", Text()),
        ("AAAA", Text()),
        (forged(b""), Text()),
        (forged(b'"a"', row_id=b"short"), Text()),
        (forged(b'"a"', listed="Task.it-"), Text()),
        (forged(b'"a"') + "\n", Text()),
        (forged(b'"' + b"a" * LONGEST + b'"'), Text()),
        (forged(b"["), Text()),
        (forged(b"[" * 1400), Text()),
        (forged(rb'"a\u0000b"'), Text()),
        (forged(rb'"\ud800"'), Text()),
        (forged(b"1"), Text()),
        (forged(b"null"), Text()),
        (forged(b'["a"]'), Text()),
        (forged(b"true"), Integer()),
        (forged(b"1.0"), Integer()),
        (forged(b"2147483648"), Integer()),
        (forged(b"9223372036854775808"), BigInteger()),
        (forged(b"-9223372036854775809"), BigInteger()),
        (forged(b"32768"), SmallInteger()),
        (forged(b"-32769"), SmallInteger()),
        (forged(b"1e400"), Integer()),
        (forged(b"NaN"), Integer()),
        (forged(b'"infinity"'), Date()),
        (forged(b'"99999-01-01"'), Date()),
        (forged(b"20260101"), Date()),
        (forged(b'"2026-01-01T00:00:00"'), DateTime(timezone=True)),
        (forged(b'"0001-01-01T00:00:00+14:00"'), DateTime(timezone=True)),
        (forged(b'"9999-12-31T23:59:59-14:00"'), DateTime(timezone=True)),
        (forged(b"5"), DateTime(timezone=True)),
    ],
)
def test_a_broken_or_forged_cursor(cursor: str, column_type: Any) -> None:
    with pytest.raises(BadUserInput) as refused:
        decode("Task.it+", cursor, "after", column_type)
    assert refused.value.message == REFUSAL


async def test_every_order_is_walked_one_by_one_in_both_directions(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=1, documents=2)
    for one in ORDERS:
        assert isinstance(one.leaf, GraphQLEnumType)
        for name in one.leaf.values:
            asked = query(one, name, ids_of(tenant), "{ nodes { id } pageInfo { hasNextPage endCursor startCursor } }")
            whole = [node["id"] for node in (await _page(api, tenant.owner, asked, one.field, "first: 100"))["nodes"]]
            assert len(whole) >= 1
            assert await _walk(api, tenant.owner, asked, one.field, ("first", "after", "endCursor")) == whole
            assert await _walk(api, tenant.owner, asked, one.field, ("last", "before", "startCursor")) == whole[::-1]


async def _walk(api: Api, who: str, asked: str, field: str, way: tuple[str, str, str]) -> list[str]:
    size, side, end = way
    seen: list[str] = []
    page = await _page(api, who, asked, field, f"{size}: 1")
    while page["nodes"]:
        seen += [node["id"] for node in page["nodes"]]
        page = await _page(api, who, asked, field, f'{size}: 1, {side}: "{page["pageInfo"][end]}"')
    return seen


async def _page(api: Api, who: str, asked: str, field: str, arguments: str) -> dict[str, Any]:
    data = await api.data(asked.replace("(orderBy", f"({arguments}, orderBy"), who=who)
    (place,) = data.values()  # the node, or the viewer
    page: dict[str, Any] = place[field]
    return page


@pytest.mark.parametrize(
    ("field", "order", "why"),
    [
        ("tasks", "field: TITLE, direction: DESC", "another order"),
        ("tasks", "field: CREATED_AT, direction: ASC", "the other direction"),
        ("members", "field: CREATED_AT, direction: DESC", "another list"),
    ],
)
async def test_a_cursor_of_another_list_or_order(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str, order: str, why: str
) -> None:
    tenant = await make_tenant(superuser, tasks=2)
    given = await api.data(
        "query ($id: ID!) { team(id: $id) { tasks(orderBy: {field: CREATED_AT}) { edges { cursor } } } }",
        who=tenant.owner,
        id=str(tenant.teams[0]),
    )
    error = await api.error(
        f"query ($id: ID!, $cursor: String) {{ team(id: $id) {{"
        f" {field}(after: $cursor, orderBy: {{{order}}}) {{ nodes {{ id }} }} }} }}",
        who=tenant.owner,
        id=str(tenant.teams[0]),
        cursor=given["team"]["tasks"]["edges"][0]["cursor"],
    )
    assert error["message"] == REFUSAL, why
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == ["team", field]
