"""Imports that are interrupted, again and again, and what they leave."""

import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from subprocess import DEVNULL, PIPE

from tests.processes import TRELLIS, environment


def write_rows(path: Path, amount: int) -> None:
    """A file in which keys, prefixes and doubled texts are mixed."""
    rows = (f"{_key(n)},Task {n - n % 7},{'A text, with a comma' if n % 3 else ''}" for n in range(1, amount + 1))
    path.write_text("key,title,description\n" + "".join(f"{_quoted(row)}\n" for row in rows))


def _key(n: int) -> str:
    return {0: f"GHS-{n}", 1: f"JSW-{n}", 2: ""}[n % 3]


def _quoted(row: str) -> str:
    key, title, text = row.split(",", 2)
    return f'{key},{title},"{text}"'


def import_file(path: Path, url: str, options: Iterable[str], *, interrupt_after: float | None = None) -> int:
    """How `trellis import` ended, with a Ctrl-C after so many seconds."""
    command = [*TRELLIS, "import", str(path), *options]
    env = environment(TRELLIS_DATABASE_URL=url)
    with subprocess.Popen(command, cwd=path.parent, env=env, stdout=DEVNULL, stderr=PIPE, text=True) as process:
        try:
            process.wait(timeout=interrupt_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=600)
        assert "in main" not in complained, complained  # a stack, where it is no longer Python that is starting
        return process.returncode
