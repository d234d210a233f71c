"""Cursors of searches that somebody has made up, or that are of another model than searches read now."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.ranking.cursors import Basis, encode
from app.ranking.terms import Term
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_search_tasks import SEARCH, TEXTS, search
from tests.ranking.texts import make_searchable

EXPORT, SCALE = (Term("export", 1.0, True),), (0.0, 1.0, 0.0, 1.0)
FLOOR = 0.22


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, TEXTS)


def made_up(tenant: Tenant, basis: Basis, mode: str = "HYBRID") -> str:
    (cursor,) = encode(f"TASK.{tenant.id}.{mode}..export", basis, iter([(1.0, UUID(int=0), 1)]))
    return cursor


@pytest.mark.parametrize(
    ("scale", "terms"),
    [
        (SCALE, [Term("", 1.0, True)]),
        (SCALE, [Term("x" * 2_047, 1.0, True)]),
        (SCALE, [Term("é" * 1_024, 1.0, True)]),
        (SCALE, [Term("export", 5e-324, True)]),
        (SCALE, [Term("export", 0.0, True)]),
        (SCALE, [Term("export", -1.0, True)]),
        (SCALE, [Term("export", 1e308, True)]),
        ((-1e308, 1e308, 0.0, 1.0), EXPORT),
        ((0.0, 1.0, -1e308, 1e308), EXPORT),
    ],
)
async def test_what_cannot_be_computed_with_is_no_cursor(
    api: Api, tenant: Tenant, scale: tuple[float, float, float, float], terms: list[Term]
) -> None:
    cursor = made_up(tenant, Basis(scale, 1, tuple(terms), FLOOR))
    error = await api.error(SEARCH, who=tenant.owner, organization=str(tenant.id), text="export", after=cursor)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("`after` is not a cursor of this search")


@pytest.mark.parametrize(
    ("scale", "terms"),
    [
        ((0.0, 5e-324, 0.0, 5e-324), EXPORT),
        ((5e-324, 1e6, -1e6, 1e6), EXPORT),
        ((None, None, None, None), EXPORT),
        (SCALE, [Term("'&|!():*\\\x01", 1e6, True), Term(" ", 1e-12, False), Term("x" * 2_046, 1.0, True)]),
    ],
)
async def test_whatever_can_be_finds_the_callers_own_rows(
    api: Api, tenant: Tenant, scale: tuple[float | None, ...], terms: list[Term]
) -> None:
    cursor = made_up(tenant, Basis(scale, 1, tuple(terms), FLOOR))  # type: ignore[arg-type]  # four of them, says the list

    found = await search(api, tenant, "export", after=cursor)
    assert len(found["edges"]) <= 5


async def test_a_page_found_without_the_model_is_not_continued_with_it(api: Api, tenant: Tenant) -> None:
    for mode, model_id in ("HYBRID", None), ("HYBRID", 2), ("FULL_TEXT", 1):
        cursor = made_up(tenant, Basis(SCALE, model_id, EXPORT, FLOOR), mode)
        error = await api.error(
            SEARCH, who=tenant.owner, organization=str(tenant.id), text="export", mode=mode, after=cursor
        )
        assert error["message"] == (
            "`after` is of a search by another model than is asked now: search again from the start."
        )
