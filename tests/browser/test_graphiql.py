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
    await expect(tab.locator(".graphiql-editor-tool")).to_contain_text("Bearer")
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


async def test_the_page_cannot_reach_another_host(serve: Serve, tab: Page) -> None:
    address = serve("first", 0)
    elsewhere = address.replace("127.0.0.1", "127.0.0.2") + "/"
    await tab.goto(address + "/graphql")

    refusal = await tab.evaluate(
        """url => new Promise(resolve => {
          addEventListener("securitypolicyviolation", event => resolve([event.effectiveDirective, event.blockedURI]));
          fetch(url, {mode: "no-cors"}).catch(() => {});
        })""",
        elsewhere,
    )

    assert refusal == ["connect-src", elsewhere]


async def test_the_explorer_edits_the_query(serve: Serve, tab: Page) -> None:
    await tab.goto(serve("first", 0) + "/graphql")
    await expect(tab.locator(".graphiql-query-editor")).to_contain_text("slug")

    await tab.get_by_role("button", name="Show GraphiQL Explorer").click()
    await tab.locator("[data-field-name=slug]").click()

    await expect(tab.locator(".graphiql-query-editor")).not_to_contain_text("slug")
    await expect(tab.locator(".graphiql-query-editor")).to_contain_text("query FirstLook")


async def test_the_explorer_of_the_documentation_says_first_what_there_is(serve: Serve, tab: Page) -> None:
    await tab.goto(serve("first", 0) + "/graphql")

    await tab.get_by_role("button", name="Show Documentation Explorer").click()

    explorer = tab.locator(".graphiql-doc-explorer")
    await expect(explorer).to_contain_text("Begin with viewer: who is calling, and their organizations.")
    await expect(explorer).to_contain_text("query: Query")


async def test_the_browser_keeps_what_was_typed_but_no_token(serve: Serve, tab: Page) -> None:
    await tab.goto(serve("first", 0) + "/graphql")
    token = await sent_token(tab)
    await tab.locator(".graphiql-query-editor .view-lines").click()
    await tab.keyboard.press("Control+Home")
    await tab.keyboard.type("# mine ")

    kept = await tab.evaluate(
        """() => new Promise(resolve => setInterval(() => {
          const kept = JSON.stringify([localStorage, sessionStorage]);
          if ((localStorage.getItem("graphiql:tabState") ?? "").includes("# mine")) resolve(kept);
        }, 50))"""
    )
    await tab.reload()

    assert token.removeprefix("Bearer ") not in kept
    await expect(tab.locator(".graphiql-query-editor")).to_contain_text("# mine")
    assert await sent_token(tab) == token


async def sent_token(tab: Page) -> str:
    """The Authorization header of the query that the button sends."""
    await expect(tab.locator(".graphiql-editor-tool")).to_contain_text("Bearer")
    async with tab.expect_request(lambda request: request.method == "POST") as sent:
        await press_the_button(tab)
    return (await (await sent.value).all_headers())["authorization"]
