"""People open a task, change what it says, and undo what they did."""

from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from tests.apollo.conftest import token_of
from tests.factories import Tenant

from .conftest import NewScreen, Screen, board_of

RENAME = "mutation ($id: ID!, $title: String!) { updateTask(id: $id, input: {title: $title}) { task { version } } }"


@pytest.fixture
async def task(board: Screen) -> Screen:
    """The second task, open beside the board."""
    await board.card("Task 2").click()
    await expect(board.details.get_by_label("Title")).to_have_value("Task 2")
    return board


async def rename(screen: Screen, tenant: Tenant, title: str) -> Any:
    """Renames the second task as a colleague who does not use the board."""
    headers = {"Authorization": f"Bearer {token_of(tenant.owner.replace('person1', 'person2'))}"}
    body = {"query": RENAME, "variables": {"id": str(tenant.tasks[1]), "title": title}}
    async with httpx.AsyncClient() as client:
        return (await client.post(f"{screen.address}/graphql", json=body, headers=headers)).json()


async def test_an_edited_text_is_shown_on_the_card_and_in_the_history(task: Screen) -> None:
    await task.details.get_by_label("Title").fill("Write to the landlord")
    await task.details.get_by_label("Description").fill("About the heating.")
    await task.details.get_by_role("button", name="Save").click()

    await expect(task.card("Write to the landlord")).to_have_count(1)
    await expect(task.details.get_by_role("listitem")).to_contain_text(
        ["changed description from nothing to About the heating., changed title from Task 2 to Write to the landlord"]
    )
    await task.page.reload()
    await expect(task.details.get_by_label("Description")).to_have_value("About the heating.")


async def test_fields_are_written_as_they_are_chosen(task: Screen) -> None:
    for label, choice in [("Status", "In review"), ("Priority", "Urgent"), ("Assignee", "Person 2")]:
        await task.details.get_by_label(label).select_option(label=choice)
    await task.details.get_by_label("Due").fill("2999-12-31")

    await expect(task.column("In review").locator(".card")).to_have_text(["T1-2Task 2UrgentLaterP2"])
    await expect(task.details.get_by_role("listitem")).to_have_count(4)
    await task.page.reload()
    await expect(task.column("In review").locator(".card")).to_have_text(["T1-2Task 2UrgentLaterP2"])
    await expect(task.details.get_by_label("Due")).to_have_value("2999-12-31")


async def test_a_task_moves_to_another_team(task: Screen, tenant: Tenant) -> None:
    await task.details.get_by_label("Team").select_option(label="Team 0002")

    await expect(task.page.get_by_role("complementary", name="T2-5")).to_have_count(1)
    await expect(task.column("To do").locator(".card")).to_have_count(5)
    await task.page.get_by_role("link", name="T1 Team 0001").click()
    await expect(task.column("To do").locator(".card")).to_have_count(3)
    assert task.page.url.endswith(board_of(tenant))


async def test_a_deleted_task_comes_back_once_by_undo(task: Screen) -> None:
    await task.details.get_by_role("button", name="Delete").click()
    await expect(task.column("To do").locator(".card .key")).to_have_text(["T1-4", "T1-3", "T1-1"])
    await expect(task.details).to_have_count(0)

    await task.messages.get_by_role("button", name="Undo").click()

    await expect(task.column("To do").locator(".card .key")).to_have_text(["T1-4", "T1-3", "T1-2", "T1-1"])
    await expect(task.column("To do").get_by_role("heading")).to_have_text("To do 4")
    await task.page.reload()
    await expect(task.column("To do").locator(".card .key")).to_have_text(["T1-4", "T1-3", "T1-2", "T1-1"])


async def test_what_somebody_else_has_written_is_not_overwritten_unseen(task: Screen, tenant: Tenant) -> None:
    await task.details.get_by_label("Title").fill("Mine")
    await rename(task, tenant, "Theirs")
    await task.details.get_by_role("button", name="Save").click()

    await expect(task.details.get_by_role("alert")).to_contain_text("Somebody else has written “Theirs”")
    await expect(task.details.get_by_label("Title")).to_have_value("Mine")
    await task.details.get_by_role("button", name="Keep mine").click()
    await task.details.get_by_role("button", name="Save").click()

    await expect(task.card("Mine")).to_have_count(1)
    await expect(task.details.get_by_role("listitem")).to_contain_text(["Theirs to Mine", "Task 2 to Theirs"])


async def test_what_is_done_without_a_network_is_done_when_there_is_one(task: Screen) -> None:
    await expect(task.details.get_by_role("region", name="History")).to_have_count(1)
    await task.page.context.set_offline(True)
    await task.details.get_by_label("Status").select_option(label="Done")
    await task.details.get_by_label("Priority").select_option(label="High")

    await expect(task.column("Done").locator(".card")).to_have_text(["T1-2Task 2HighP1"])
    await task.page.context.set_offline(False)

    await expect(task.details.get_by_role("listitem")).to_contain_text(["priority from NONE", "status from TODO"])
    await task.page.reload()
    await expect(task.column("Done").locator(".card")).to_have_text(["T1-2Task 2HighP1"])
    lost = "Failed to load resource: net::ERR_INTERNET_DISCONNECTED"
    assert set(task.complaints) == {lost}  # by the browser itself
    task.complaints.clear()


async def test_quick_choices_are_all_kept(task: Screen) -> None:
    status = task.details.get_by_label("Status")
    for choice in ("Backlog", "In progress", "In review", "Done", "Canceled"):
        await status.select_option(label=choice)

    await expect(task.details.get_by_role("listitem")).to_have_count(5)
    await expect(task.messages.locator("p")).to_have_count(0)
    await expect(task.column("Canceled").locator(".card .key")).to_have_text(["T1-2"])


async def test_a_member_who_may_only_read_is_offered_nothing_to_write(
    tenant: Tenant, new_screen: NewScreen, superuser: Any
) -> None:
    await superuser.execute("UPDATE team_members SET role = 'VIEWER' WHERE id = $1", tenant.team_members[1])
    screen = await new_screen(tenant.owner.replace("person1", "person2"))
    await screen.open(f"{board_of(tenant)}/{tenant.tasks[1]}")

    await expect(screen.details.get_by_label("Title")).to_be_disabled()
    await expect(screen.details.get_by_label("Status")).to_be_disabled()
    await expect(screen.details.get_by_role("button", name="Delete")).to_have_count(0)
    await expect(screen.page.get_by_label("New task: To do")).to_have_count(0)
