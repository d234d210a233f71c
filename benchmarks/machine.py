"""On what a run was made: the machine, and the versions of all that took part."""

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from app.postgres import programs
from benchmarks.contenders import NODE, PEERS

JAVASCRIPT = (
    "postgraphile",
    "mercurius",
    "fastify",
    "graphql-jit",
    "graphql-yoga",
    "@apollo/server",
    "dataloader",
    "pg",
    "graphql",
)
PYTHON = ("strawberry-graphql", "graphql-core", "sqlalchemy", "asyncpg", "starlette", "uvicorn", "uvloop", "orjson")


def machine() -> dict[str, str]:
    """What a reader needs to judge the figures, or to try for the same."""
    peers = "; " + ", ".join(f"{name} {_locked(name)}" for name in JAVASCRIPT)
    return surroundings() | {"Node.js": _run(NODE, "--version")[1:] + peers}


def surroundings() -> dict[str, str]:
    """The same for what only Trellis takes part in."""
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Machine": f"{os.cpu_count()} × {cpu[1] if cpu else platform.machine()}, {memory:.0f} GB, {platform.system()}",
        "Load before the run": f"{os.getloadavg()[0]:.1f}",
        "PostgreSQL": f"{_postgresql()}, on the same machine, over its Unix socket",
        "Python": f"{platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in PYTHON),
    }


def _postgresql() -> str:
    return programs.attempt("postgres", "--version").stdout.split()[-1]


def _locked(name: str) -> str:
    lock = json.loads((PEERS / "package-lock.json").read_text())
    installed: str = lock["packages"][f"node_modules/{name}"]["version"]
    return installed


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
