"""Who turns away from a screen stops what the database does for it."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import asyncpg
import pytest

from tests.locks import WAITING, tasks_locked, whoever_waits

from .conftest import environment, script


@contextmanager
def asking(scripts: Path, site: str, way: str) -> Iterator["subprocess.Popen[str]"]:
    """A client that asks for tasks, and aborts that in the given way when it is written to."""
    command = script(scripts / "abort.ts", way)
    with subprocess.Popen(command, env=environment(site), stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as client:
        try:
            yield client
        finally:
            client.kill()


@pytest.mark.parametrize("way", ["signal", "unsubscribe"])
async def test_an_aborted_query_leaves_no_running_backend(
    scripts: Path, site: str, superuser: "asyncpg.Connection[Any]", way: str
) -> None:
    async with tasks_locked(superuser):
        with asking(scripts, site, way) as client:
            assert client.stdin
            await whoever_waits(superuser)
            client.stdin.write("abort\n")
            async with asyncio.timeout(5):
                while await superuser.fetch(WAITING):  # noqa: ASYNC110  # PostgreSQL tells nobody
                    await asyncio.sleep(0.01)
            # The client has run until now: it ends with its input, and its connection would have ended with it.
            said, _ = client.communicate(timeout=5)

    assert said == "aborted\n"
