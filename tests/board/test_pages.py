"""The pages around the board: signing in, organizations, teams, search, trash and settings."""

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
from playwright.async_api import Browser, expect

from tests.apollo.conftest import token_of
from tests.factories import Tenant

from .conftest import NewScreen, Screen, board_of


async def test_people_sign_in_with_a_token_and_out_again(address: str, chromium: Browser, tenant: Tenant) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{address}/{tenant.slug}")
    for token, shown in [("no token", "Sign in"), (token_of(tenant.owner), tenant.slug)]:
        await page.get_by_label("Token").fill(token)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(shown)

    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await context.close()


async def test_an_organization_and_its_first_team_are_made(new_screen: NewScreen) -> None:
    slug = f"new-{uuid4().hex[:8]}"
    screen = await new_screen(f"{slug}@example.com")
    await screen.open("/")
    await screen.page.get_by_label("Name", exact=True).fill("A new one")
    await screen.page.get_by_label("Name in addresses").fill(slug)
    await screen.page.get_by_role("button", name="Create").click()
    await expect(screen.page.get_by_role("heading", level=1)).to_have_text("A new one")

    await screen.page.get_by_label("Name", exact=True).fill("Kitchen")
    await screen.page.get_by_label("Key").fill("KIT")
    await screen.page.get_by_role("button", name="Create").click()

    await screen.page.get_by_role("navigation").get_by_role("link", name="KIT Kitchen").click()
    await expect(screen.column("Backlog").get_by_role("heading")).to_have_text("Backlog 0")


async def test_ones_own_work_is_listed_the_next_due_first(
    tenant: Tenant, new_screen: NewScreen, superuser: "asyncpg.Connection[Any]"
) -> None:
    due = "UPDATE tasks SET due_date = $2 WHERE id = $1"
    await superuser.execute(due, tenant.tasks[5], date(2020, 1, 1))
    await superuser.execute("UPDATE tasks SET status = 'CANCELED' WHERE id = $1", tenant.tasks[0])
    screen = await new_screen(tenant.owner)
    await screen.open("/")

    await expect(screen.page.get_by_role("heading", name="My work")).to_have_text("My work 3")
    work = screen.page.get_by_role("region", name="My work").get_by_role("link")
    await expect(work.first).to_have_text("T2-2 Task 2 To do Overdue")
    await work.first.click()

    await expect(screen.details.get_by_label("Title")).to_have_value("Task 2")


async def test_search_finds_a_task_and_opens_it(board: Screen) -> None:
    await board.page.get_by_label("Search").fill("T1-3")
    await board.page.get_by_label("Search").press("Enter")

    await board.page.get_by_role("main").get_by_role("link", name="T1-3 Task 3").click()

    await expect(board.details.get_by_label("Title")).to_have_value("Task 3")


async def test_a_slip_is_said_and_nothing_is_lost(board: Screen, tenant: Tenant) -> None:
    await board.open(f"/{tenant.slug}")
    await board.page.get_by_label("Name", exact=True).fill("Another first team")
    await board.page.get_by_label("Key").fill("T1")
    await board.page.get_by_role("button", name="Create").click()

    await expect(board.messages).to_have_text("Another team has this key: choose another.")
    await expect(board.page.get_by_role("navigation").get_by_role("link")).to_have_count(5)


async def test_the_trash_gives_back_what_is_in_it(board: Screen, tenant: Tenant) -> None:
    await board.card("Task 2").click()
    await board.details.get_by_role("button", name="Delete").click()
    await expect(board.column("To do").locator(".card")).to_have_count(3)
    await board.page.get_by_role("link", name="Trash").click()
    await expect(board.page.get_by_role("main").get_by_role("listitem")).to_contain_text(["T1-2 Task 2 by Person 1"])

    await board.page.get_by_role("button", name="Restore").click()

    await expect(board.page.get_by_role("main")).to_contain_text("Nothing is deleted.")
    await board.page.get_by_role("link", name="T1 Team 0001").click()
    await expect(board.column("To do").locator(".card .key")).to_have_text(["T1-4", "T1-3", "T1-2", "T1-1"])
    assert board.page.url.endswith(board_of(tenant))


async def test_settings_are_saved_and_shown(board: Screen) -> None:
    await board.page.get_by_role("link", name="Settings").click()
    await expect(board.page.get_by_label("Time zone")).to_have_attribute("placeholder", "UTC")
    await board.page.get_by_label("Time zone").fill("Europe/Zurich")
    await board.page.get_by_label("A week begins on").select_option(label="Sunday")
    await board.page.get_by_role("button", name="Save").click()
    await expect(board.messages).to_contain_text("The settings are saved.")

    await board.page.reload()

    await expect(board.page.get_by_label("Time zone")).to_have_value("Europe/Zurich")
    await expect(board.page.get_by_label("A week begins on")).to_have_value("SUNDAY")
    await expect(board.page.get_by_label("Priority of new tasks")).to_have_value("")
