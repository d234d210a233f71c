"""People try the API in GraphiQL, with nothing but this server."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from .conftest import Serve


@pytest.fixture
async def tab(browser: BrowserContext) -> Page:
    return await browser.new_page()


async def press_the_button(tab: Page) -> None:
    await tab.get_by_role("button", name="Execute query").click()


async def press_control_enter(tab: Page) -> None:
    await tab.locator(".graphiql-query-editor .view-lines").click()
    await tab.keyboard.press("Control+Enter")


async def test_button_runs_the_first_query(serve: Serve, tab: Page) -> None:
    await tab.goto(serve("first", 0) + "/graphql")

    await expect(tab.locator(".graphiql-query-editor")).to_contain_text("query FirstLook")
    await press_the_button(tab)

    await expect(tab.locator(".graphiql-response")).to_contain_text("owner@example.com")


async def test_control_enter_runs_the_first_query(serve: Serve, tab: Page) -> None:
    await tab.goto(serve("first", 0) + "/graphql")

    await press_control_enter(tab)

    await expect(tab.locator(".graphiql-response")).to_contain_text("owner@example.com")


async def test_every_request_goes_to_the_server(serve: Serve, browser: BrowserContext, tab: Page) -> None:
    address = serve("first", 0)
    asked: list[str] = []
    complaints: list[str] = []
    browser.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))

    await tab.goto(address + "/graphql")
    await press_the_button(tab)
    await expect(tab.locator(".graphiql-response")).to_contain_text("owner@example.com")
    await tab.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith((f"{address}/graphql", "data:"))] == []
    assert f"{address}/graphql" in asked
    assert complaints == []


async def test_a_new_start_brings_a_new_token(serve: Serve, tab: Page) -> None:
    address = serve("first", 0)
    await tab.goto(address + "/graphql")
    first = await sent_token(tab)
    serve("second", int(address.rpartition(":")[2]))

    await tab.reload()

    second = await sent_token(tab)
    assert first.startswith("Bearer ")
    assert second.startswith("Bearer ")
    assert second != first


async def sent_token(tab: Page) -> str:
    """The Authorization header of the query that the button sends."""
    await expect(tab.locator(".graphiql-editor-tool")).to_contain_text("Bearer")
    async with tab.expect_request(lambda request: request.method == "POST") as sent:
        await press_the_button(tab)
    return (await (await sent.value).all_headers())["authorization"]
