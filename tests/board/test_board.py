"""People work on a team's board: it shows at once what they do, and does it."""

from pathlib import Path
from typing import Any

import asyncpg
from playwright.async_api import expect

from tests.factories import Tenant, make_tenant

from .conftest import NewScreen, Screen, board_of


def test_what_is_tested_complains_of_what_developers_do_wrong(built: Path) -> None:
    scripts = "".join(script.read_text() for script in built.glob("assets/*.js"))

    assert "react-dom-client.development.js" in scripts  # in which StrictMode does something
    assert "Cache data may be lost" in scripts  # which Apollo Client says


async def test_two_queries_of_one_page_are_two_requests(board: Screen) -> None:
    await expect(board.column("To do").locator(".card")).to_have_count(4)
    await board.page.wait_for_load_state("networkidle")
    board.asked.clear()  # the first time the server did not know them by their hashes

    await board.page.reload()

    await expect(board.column("To do").locator(".card")).to_have_count(4)
    await board.page.wait_for_load_state("networkidle")
    assert sorted(board.asked) == ["Board", "Layout"]


async def test_a_new_task_stands_at_the_top_of_its_column(board: Screen) -> None:
    field = board.page.get_by_label("New task: In progress")
    await field.fill("Rotate the signing keys")
    await field.press("Enter")

    await expect(board.column("In progress").locator(".card")).to_have_text(["T1-5Rotate the signing keys"])
    await expect(board.column("In progress").get_by_role("heading")).to_have_text("In progress 1")
    await board.page.reload()
    await expect(board.column("In progress").locator(".card")).to_have_text(["T1-5Rotate the signing keys"])


async def test_a_card_is_dragged_into_another_column(board: Screen) -> None:
    await board.card("Task 2").drag_to(board.column("Done"))

    await expect(board.column("Done").locator(".card")).to_have_text(["T1-2Task 2P1"])
    await expect(board.column("To do").get_by_role("heading")).to_have_text("To do 3")
    await board.page.wait_for_load_state("networkidle")
    await board.page.reload()
    await expect(board.column("Done").locator(".card")).to_have_text(["T1-2Task 2P1"])


async def test_columns_are_paged_past_a_hundred_tasks(
    new_screen: NewScreen, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2, tasks=65)
    screen = await new_screen(tenant.owner)
    await screen.open(board_of(tenant))
    column = screen.column("To do")

    for shown in (50, 100, 130):
        await expect(column.locator(".card")).to_have_count(shown)
        if shown < 130:
            await column.get_by_role("button", name="More").click()

    await expect(column.get_by_role("button", name="More")).to_have_count(0)
    keys = await column.locator(".card .key").all_text_contents()
    assert keys == [f"T1-{number}" for number in range(130, 0, -1)]


async def test_what_a_colleague_does_is_shown_a_little_later(
    board: Screen, tenant: Tenant, new_screen: NewScreen
) -> None:
    colleague = await new_screen(tenant.owner.replace("person1", "person2"))
    await colleague.open(board_of(tenant))
    await expect(board.column("To do").locator(".card")).to_have_count(4)

    await colleague.card("Task 3").drag_to(colleague.column("In review"))

    await expect(board.column("In review").locator(".card")).to_have_text(["T1-3Task 3P2"])
    await expect(board.column("To do").locator(".card")).to_have_count(3)
