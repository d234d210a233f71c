"""What a real browser lets the pages of another site do: to it, localhost and 127.0.0.1 are two."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import BrowserContext
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET
from tests.conftest import Database
from tests.processes import free_port

from .conftest import serving

ASK = """([address, headers]) => fetch(address + "/graphql?query={__typename}", {headers})
    .then(async response => [response.status, (await response.json()).data ?? null], () => "unreadable")"""
AS_APOLLO_CLIENT = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def sites(database: Database) -> Iterator[tuple[str, str]]:
    """The address of a server and that of another site, whose pages may read what it answers."""
    port = free_port()
    other = f"http://localhost:{port}"
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), cors_origins=[other])
    with serving(settings, "owner", port) as address:
        yield address, other


@pytest.mark.parametrize(
    ("headers", "answer"),
    [({}, [403, None]), (AS_APOLLO_CLIENT, [200, {"__typename": "Query"}])],
)
async def test_another_site_may_get_what_the_browser_asks_about_first(
    sites: tuple[str, str], browser: BrowserContext, headers: dict[str, str], answer: list[Any]
) -> None:
    server, other = sites
    tab = await browser.new_page()
    await tab.goto(f"{other}/healthz")

    assert await tab.evaluate(ASK, [server, headers]) == answer


async def test_a_site_that_is_not_listed_may_read_nothing(sites: tuple[str, str], browser: BrowserContext) -> None:
    server, other = sites
    tab = await browser.new_page()
    await tab.goto(f"{server}/healthz")

    assert await tab.evaluate(ASK, [other, AS_APOLLO_CLIENT]) == "unreadable"
