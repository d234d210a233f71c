"""The board of examples/board, built as developers run it, in a real Chromium before a real server."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, async_playwright, expect

from tests.api import SECRET
from tests.apollo.conftest import ROOT, packages_of, token_of
from tests.browser.conftest import ARGUMENTS
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.processes import end, free_port, serve, wait_for

PROJECT = ROOT / "examples" / "board"
PACKAGES = PROJECT / "node_modules"
BUILT = PROJECT / "dist"
BUILD = ("graphql-codegen", "tsc", "vite build --mode development --minify false --logLevel error")
# StrictMode and the warnings of React and Apollo Client are parts of their development builds.
AS_DEVELOPERS = {"NODE_ENV": "development"}
PATIENCE = 20_000  # milliseconds: machines that run tests are busy

expect.set_options(timeout=PATIENCE)


@dataclass
class Screen:
    """A tab of the browser that somebody is signed in to."""

    page: Page
    address: str
    asked: list[str] = field(default_factory=list)  # the operations that were sent, by their names
    complaints: list[str] = field(default_factory=list)  # errors and warnings of the console

    def note_request(self, request: Request) -> None:
        if urlsplit(request.url).path == "/graphql":
            sent: Any = request.post_data_json or {k: v[0] for k, v in parse_qs(urlsplit(request.url).query).items()}
            self.asked.append(sent["operationName"])

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    async def open(self, path: str) -> None:
        await self.page.goto(self.address + path)

    def column(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)

    def card(self, title: str) -> Locator:
        return self.page.locator(".card", has_text=title)

    @property
    def details(self) -> Locator:
        return self.page.get_by_role("complementary")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("status")


NewScreen = Callable[[str], Awaitable[Screen]]


@pytest.fixture(scope="session")
def built(testrun_uid: str) -> Path:
    """Where the built board is; of several workers the first builds it."""
    packages_of(PROJECT, target="board")
    with (PACKAGES / ".building").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != testrun_uid:
            for command in BUILD:
                run(command)
            lock.truncate(0)
            lock.write(testrun_uid)
    return BUILT


def run(command: str) -> None:
    """Runs a command of one of the packages to its end; where that fails, so does the test, with all that it said."""
    name, *arguments = command.split()
    whole = [str(PACKAGES / ".bin" / name), *arguments]
    variables = os.environ | AS_DEVELOPERS
    done = subprocess.run(whole, cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.fail(f"{command}\n{done.stdout}{done.stderr}", pytrace=False)


@pytest.fixture(scope="session")
def address(built: Path, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the board is, which passes on what it asks to a server over this worker's database."""
    assert built.exists()
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    port = free_port()
    command = ["node", str(PACKAGES / "vite" / "bin" / "vite.js"), "preview", "--host", "127.0.0.1"]
    with serve(tmp_path_factory.mktemp("server"), **variables) as server:
        passing_on = os.environ | {"TRELLIS_ADDRESS": server}
        with subprocess.Popen(
            [*command, "--port", str(port), "--strictPort"], cwd=PROJECT, env=passing_on, stdout=subprocess.DEVNULL
        ) as preview:
            try:
                wait_for(f"http://127.0.0.1:{port}")
                yield f"http://127.0.0.1:{port}"
            finally:
                end(preview)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests; each has a profile of its own."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is missing: run `apt-get install chromium` first.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def new_screen(address: str, chromium: Browser) -> AsyncIterator[NewScreen]:
    """Opens screens, each signed in by a token; at the end of the test none may have complained."""
    screens: list[Screen] = []

    async def open_screen(who: str) -> Screen:
        context = await chromium.new_context(viewport={"width": 1400, "height": 900})
        await context.add_init_script(f"sessionStorage.setItem('trellis-token', '{token_of(who)}')")
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        screen = Screen(page, address)
        page.on("request", screen.note_request)
        page.on("console", screen.note_message)
        page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        screens.append(screen)
        return screen

    yield open_screen
    for screen in screens:
        await screen.page.context.close()
    assert [complaint for screen in screens for complaint in screen.complaints] == []


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """An organization of two people, Person 1 and 2, and two teams, each with four tasks to do."""
    return await make_tenant(superuser, members=2, teams=2, tasks=2)


@pytest.fixture
async def board(tenant: Tenant, new_screen: NewScreen) -> Screen:
    """The board of the first team, open before its owner."""
    screen = await new_screen(tenant.owner)
    await screen.open(board_of(tenant))
    return screen


def board_of(tenant: Tenant, team: int = 0) -> str:
    return f"/{tenant.slug}/teams/{tenant.teams[team]}"
