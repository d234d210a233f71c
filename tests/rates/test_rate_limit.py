"""The field `rateLimit`: what is left, and what an operation would take."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.conftest import Database
from tests.factories import make_tenant
from tests.rates.test_points import limited

ALL = "limit cost costAtMost nodeCount used remaining resetAt"
TEAMS = "organizations(first: 100) { nodes { teams(first: 3) { nodes { key } } } }"  # 400 objects
NUMBERS = {"limit": 100, "cost": 1, "costAtMost": 4, "nodeCount": 400}


def numbers(data: dict[str, Any]) -> dict[str, Any]:
    """The field's, but for the moment, which is checked here: within a minute from now."""
    found: dict[str, Any] = dict(data["rateLimit"])
    now, resets_at = datetime.now(UTC), datetime.fromisoformat(found.pop("resetAt"))
    assert timedelta(seconds=50) < resets_at - now <= timedelta(seconds=60)
    return found


async def test_an_operation_hears_what_it_takes(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit=100) as api:
        first = await api.send(f"{{ rateLimit {{ {ALL} }} {TEAMS} }}", who=tenant.owner)
        second = await api.data(f"{{ rateLimit(dryRun: false) {{ {ALL} }} }}", who=tenant.owner)

    data = first.json()["data"]
    assert numbers(data) == {**NUMBERS, "used": 1, "remaining": 99}
    assert [team["key"] for team in data["organizations"]["nodes"][0]["teams"]["nodes"]] == ["T1"]
    assert first.headers["ratelimit-remaining"] == "99"
    assert numbers(second) == {"limit": 100, "cost": 1, "costAtMost": 1, "nodeCount": 0, "used": 2, "remaining": 98}


@pytest.mark.parametrize(
    "document",
    [
        f"{{ rateLimit(dryRun: true) {{ {ALL} }} {TEAMS} }}",
        f"query ($dry: Boolean!) {{ {TEAMS} rateLimit(dryRun: $dry) {{ {ALL} }} }}",
        f"query ($other: Boolean = true) {{ {TEAMS} rateLimit(dryRun: $other) {{ {ALL} }} }}",
        f"{{ ...CostEstimate {TEAMS} }} fragment CostEstimate on Query {{ rateLimit(dryRun: true) {{ {ALL} }} }}",
        f"{{ ... on Query {{ rateLimit(dryRun: true) {{ ...All }} {TEAMS} }} }} fragment All on RateLimit {{ {ALL} }}",
    ],
)
async def test_a_dry_run_says_what_it_would_take(
    database: Database, superuser: "asyncpg.Connection[Any]", document: str
) -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit=100) as api:
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        variables = {"dry": True} if "$dry" in document else {}
        data = await api.data(document, who=tenant.owner, **variables)

        assert list(data) == ["rateLimit"]
        assert numbers(data) == {**NUMBERS, "used": 2, "remaining": 98}
        assert not any("organizations" in statement for statement in api.statements)


@pytest.mark.parametrize(
    "asking",
    [
        "rateLimit(dryRun: true) @skip(if: true) { cost }",
        "rateLimit(dryRun: true) @include(if: $no) { cost }",
        "... @skip(if: true) { rateLimit(dryRun: true) { cost } }",
    ],
)
async def test_a_dry_run_that_is_left_out_is_none(
    database: Database, superuser: "asyncpg.Connection[Any]", asking: str
) -> None:
    tenant = await make_tenant(superuser)
    declared = "query ($no: Boolean = false)" if "$no" in asking else "query"
    async with limited(database) as api:
        data = await api.data(f"{declared} {{ {asking} viewer {{ user {{ id }} }} }}", who=tenant.owner)

    assert list(data) == ["viewer"]


async def test_strangers_hear_of_their_address(database: Database) -> None:
    async with limited(database, rate_limit_anonymous=60) as api:
        body = await api.ask(f"{{ rateLimit {{ {ALL} }} }}", who=None)

    assert numbers(body["data"]) == {
        "limit": 60,
        "cost": 1,
        "costAtMost": 1,
        "nodeCount": 0,
        "used": 1,
        "remaining": 59,
    }
