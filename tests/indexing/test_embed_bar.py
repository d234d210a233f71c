"""The bar of `trellis embed`: shown at a terminal while it works, gone when it ends, and in no file."""

import asyncio
import os
import pty
import re
import signal
from pathlib import Path

from tests.indexing.conftest import Site
from tests.indexing.test_kill import variables_of
from tests.processes import TRELLIS

TEXTS = 160
CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\r")
GONE = b"\x1b[?25h\r\x1b[1A\x1b[2K"  # the cursor is there again, and the line of the bar is empty


class Terminal:
    """`trellis embed` by somebody who looks at standard error."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self.shown = b""

    async def start(self) -> None:
        self._master, slave = pty.openpty()
        self.process = await asyncio.create_subprocess_exec(
            *(*TRELLIS, "embed"),
            cwd=self.folder,
            env=variables_of(self.site) | {"TERM": "xterm", "COLUMNS": "100"},
            stdout=asyncio.subprocess.PIPE,
            stderr=slave,
        )
        os.close(slave)
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            self.shown += os.read(self._master, 65_536)
        except OSError:  # all who could write to it have ended
            asyncio.get_running_loop().remove_reader(self._master)

    async def until(self, text: bytes) -> None:
        async with asyncio.timeout(60):
            while text not in self.shown:  # noqa: ASYNC110  # another process sends no event
                await asyncio.sleep(0.01)

    async def end(self) -> bytes:
        """What it says at the end."""
        async with asyncio.timeout(60):
            said, _ = await self.process.communicate()
        await asyncio.sleep(0.1)  # what it wrote last is read
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        return said


async def test_it_is_shown_at_a_terminal_and_ends(site: Site, tmp_path: Path) -> None:
    site.server.pause = 0.3
    await site.tenant(TEXTS)
    terminal = Terminal(site, tmp_path)

    await terminal.start()
    said = await terminal.end()

    assert (terminal.process.returncode, said) == (0, b"openai:test has every text.\n")
    plain = CONTROL.sub(b"", terminal.shown).decode()
    assert re.search("Embedding ━+╺?━+  32/160 [0-9]+/s", plain)
    assert re.search("Embedding ━+╺?━+ 128/160 [0-9]+/s", plain)
    assert terminal.shown.endswith(GONE)


async def test_whoever_stops_it_has_their_terminal_back(site: Site, tmp_path: Path) -> None:
    site.server.pause = 0.3
    await site.tenant(TEXTS)
    terminal = Terminal(site, tmp_path)

    await terminal.start()
    await terminal.until(b"32/160")
    terminal.process.send_signal(signal.SIGINT)  # Ctrl-C
    said = await terminal.end()

    assert (terminal.process.returncode, said) == (130, b"")
    assert terminal.shown.endswith(GONE)


async def test_it_is_not_shown_to_a_file(site: Site, tmp_path: Path) -> None:
    site.server.pause = 0.3
    await site.tenant(TEXTS)

    process = await asyncio.create_subprocess_exec(
        *(*TRELLIS, "embed"),
        cwd=tmp_path,
        env=variables_of(site) | {"TERM": "xterm"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said = await process.communicate()

    assert (process.returncode, said) == (0, (b"openai:test has every text.\n", b""))
