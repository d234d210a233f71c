"""Limits by address: requests without a token, sign-ins that fail, and whose word on addresses counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.requests import Request

from app.auth.secrets import new_key
from app.config import Settings
from app.db.columns import new_id
from app.rates.client_address import locate
from app.rates.windows import Windows
from tests.api import GRAPHQL, SECRET, Api, serving
from tests.conftest import Database
from tests.factories import make_tenant

VIEWER = "{ viewer { user { id } } }"
WRONG = {"authorization": "Bearer nonsense"}
OURS = "127.0.0.1"  # where the requests of these tests come from, as the server sees it
PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@asynccontextmanager
async def limited(database: Database, **limits: Any) -> AsyncIterator[Api]:
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), **limits)
    async with serving(settings) as api:
        yield api


async def ask(api: Api, forwarded: str, **headers: str) -> httpx.Response:
    return await api.http.post(GRAPHQL, json={"query": VIEWER}, headers={"x-forwarded-for": forwarded, **headers})


async def statuses(api: Api, *forwarded: str) -> list[int]:
    return [(await ask(api, one)).status_code for one in forwarded]


async def test_strangers_share_the_minute_of_their_address(database: Database) -> None:
    async with limited(database, rate_limit_anonymous=2, trusted_proxies=[OURS]) as api:
        assert await statuses(api, "1.2.3.4", "1.2.3.4", "1.2.3.4", "1.2.3.5") == [200, 200, 429, 200]
        refused = await ask(api, "1.2.3.4")
        assert refused.headers["ratelimit-limit"] == "2"
        assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_an_ipv6_customer_is_one_address(database: Database) -> None:
    async with limited(database, rate_limit_anonymous=1, trusted_proxies=[OURS]) as api:
        asked = await statuses(api, "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
        assert asked == [200, 429, 200]


async def test_strangers_cannot_make_up_addresses(database: Database) -> None:
    async with limited(database, rate_limit_anonymous=2) as api:
        assert await statuses(api, "1.1.1.1", "2.2.2.2", "3.3.3.3") == [200, 200, 429]


async def test_who_is_signed_in_does_not_pay_for_strangers(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    async with limited(database, rate_limit_anonymous=1) as api:
        assert await statuses(api, "", "") == [200, 429]
        assert (await ask(api, "", **api.headers(tenant.owner))).status_code == 200


async def test_sign_ins_that_fail(database: Database) -> None:
    async with limited(database, rate_limit_failures=2, trusted_proxies=[OURS]) as api:
        tried = [await ask(api, "1.2.3.4", **WRONG) for _ in range(3)]

        assert [one.status_code for one in tried] == [401, 401, 429]
        wait = tried[2].headers["retry-after"]
        assert 1 <= int(wait) <= 60
        assert (tried[2].headers["ratelimit-limit"], tried[2].headers["ratelimit-remaining"]) == ("2", "0")
        assert tried[2].json()["errors"] == [
            {
                "message": f"Too many sign-ins from here have failed: try again in {wait} s.",
                "extensions": {"code": "RATE_LIMITED", "retryAfter": int(wait)},
            }
        ]
        assert (await ask(api, "1.2.3.5", **WRONG)).status_code == 401


async def test_who_is_known_gets_in_where_others_fail(database: Database, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    known, unknown = tenant.owner, tenant.owner.replace("person1", "person2")
    async with limited(database, rate_limit_failures=2, trusted_proxies=[OURS]) as api:
        assert (await ask(api, "1.2.3.4", **api.headers(known))).status_code == 200
        assert [(await ask(api, "1.2.3.4", **WRONG)).status_code for _ in range(3)] == [401, 401, 429]

        assert (await ask(api, "1.2.3.4", **api.headers(known))).status_code == 200
        assert (await ask(api, "1.2.3.4", **api.headers(unknown))).status_code == 429
        assert (await ask(api, "1.2.3.5", **api.headers(unknown))).status_code == 200


async def test_guessed_keys_reach_the_database_only_so_often(database: Database) -> None:
    async with limited(database, rate_limit_failures=2) as api:
        answers = []
        for _ in range(4):
            api.statements.clear()
            response = await ask(api, "", **{"x-api-key": new_key(new_id())})
            await asyncio.sleep(0)  # the driver tells of a statement in the loop's next turn
            answers.append((response.status_code, bool(api.statements)))

        assert answers == [(401, True), (401, True), (429, False), (429, False)]


def from_(peer: str | None, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return locate(Request({"type": "http", "client": None if peer is None else (peer, 1), "headers": headers}), PROXIES)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("1.2.3.4", (), "1.2.3.4"),
        ("1.2.3.4", ("5.6.7.8",), "1.2.3.4"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("5.6.7.8",), "5.6.7.8"),
        ("10.0.0.1", ("9.9.9.9, 5.6.7.8",), "5.6.7.8"),
        ("10.0.0.1", ("9.9.9.9, 5.6.7.8 ,10.0.0.2",), "5.6.7.8"),
        ("10.0.0.1", ("9.9.9.9", "5.6.7.8,10.0.0.2"), "5.6.7.8"),
        ("10.0.0.1", ("10.0.0.3,10.0.0.2",), "10.0.0.3"),
        ("10.0.0.1", ("9.9.9.9, 5.6.7.8:5000, 10.0.0.2:80",), "5.6.7.8"),
        ("10.0.0.1", ("[2001:db8::1]:5000",), "2001:db8::/64"),
        ("10.0.0.1", ("[2001:db8::1]",), "2001:db8::/64"),
        ("10.0.0.1", ("5.6.7.8, [nonsense]:80",), "10.0.0.1"),
        ("10.0.0.1", ("5.6.7.8, nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("5.6.7.8, nonsense, 10.0.0.2",), "10.0.0.2"),
        ("fd00::1", ("2001:db8::1",), "2001:db8::/64"),
        ("::ffff:10.0.0.1", ("::ffff:5.6.7.8",), "5.6.7.8"),
        (None, ("5.6.7.8",), ""),
        ("", ("5.6.7.8",), ""),
    ],
)
def test_whose_word_counts(peer: str | None, forwarded: tuple[str, ...], address: str) -> None:
    assert from_(peer, *forwarded) == address


@given(made_up=st.lists(st.one_of(st.ip_addresses().map(str), st.text("0123456789.:,a ", max_size=20)), max_size=5))
def test_whatever_a_client_sends_its_own_address_counts(made_up: list[str]) -> None:
    """The proxy adds the address that it sees to whatever has come."""
    assert from_("10.0.0.1", *made_up, "5.6.7.8") == from_("5.6.7.8", *made_up) == "5.6.7.8"


@given(st.ip_addresses(v=6, network="2000::/3"))
def test_all_addresses_of_a_subnet_count_as_one(address: IPv6Address) -> None:
    counted = ip_network(from_(str(address)))
    assert counted.prefixlen == 64
    assert address in counted
    assert from_(str(ip_address(int(counted.broadcast_address)))) == str(counted)


def test_a_flood_of_addresses_is_forgotten_again() -> None:
    windows = Windows(100)
    for number in range(1_000):
        windows.draw(f"address/{number}", 1).window.used += 1
        windows.draw("address/0", 1).window.used += 1

    assert len(windows) == 100
    assert windows.draw("address/0", 1).window.used == 1_001  # whoever keeps asking is remembered
    assert windows.draw("address/1", 1).window.used == 0
