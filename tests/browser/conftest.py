"""A real server and a real Chromium with an empty profile."""

import shutil
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.async_api import BrowserContext, async_playwright
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from app.demo.first import load_first_demo
from app.http.graphiql import BUILT
from app.main import create_app
from tests.api import SECRET
from tests.conftest import Database

ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses to run as root otherwise
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Serve = Callable[[str, int], str]


@contextmanager
def serving(settings: Settings, name: str, port: int) -> Iterator[str]:
    """The application on `port` of this machine, 0 for any free one, in a thread and an event loop of its own.

    GraphiQL opens with a token of the demo's owner that calls them `name`.
    """
    token = sign(settings, subject="owner@example.com", email=None, name=name, ttl=timedelta(hours=1))
    config = uvicorn.Config(create_app(settings, token=token), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
async def demo(new_database: Callable[[], Awaitable[Database]]) -> Settings:
    """The settings of a server over the first demo, as `trellis dev` has them."""
    database = await new_database()
    await load_first_demo(database.runtime_url)
    return Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), playground=True)


@pytest.fixture
def serve(demo: Settings) -> Iterator[Serve]:
    """Starts a server for a token's name and a port, in place of the one it started before, and answers its address."""
    if not (BUILT / "index.html").exists():
        pytest.fail("The playground has not been built: run `make playground` first.")
    with ExitStack() as running:

        def start(name: str, port: int) -> str:
            running.close()
            return running.enter_context(serving(demo, name, port))

        yield start


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[BrowserContext]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is missing: run `apt-get install chromium` first.")
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=executable, headless=True, args=ARGUMENTS, viewport={"width": 1280, "height": 800}
        )
        yield context
        await context.close()
