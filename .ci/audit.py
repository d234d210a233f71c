"""Asks the registries whether what we depend on has known holes.

Exits with 0 where there are none, with 1 where there are some, and with 2 where somebody did not answer.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHON = ("uvx", "--from", "pip-audit==2.10.1", "pip-audit", "--disable-pip", "--format=json", "--requirement")
LOCKS = ("requirements-dev.lock",)
NODE = ("npm", "audit", "--json")
FOLDERS = ("app/http/playground", "tests/apollo", "examples/board")
BAD = {"high", "critical"}  # of the tools that build a page and run tests, lesser ones reach nobody
HOLES, UNANSWERED = 1, 2


class Unanswered(Exception):
    """A registry does not say."""


def answer(command: tuple[str, ...], folder: Path = ROOT) -> Any:
    """What the command prints as JSON, whatever it exits with; raises Unanswered."""
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
        return json.loads(ran.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        raise Unanswered(f"{command[0]} says nothing that can be read") from error


def python_holes(lock: str) -> list[str]:
    """The holes of what a lock names; raises Unanswered where one of its packages was not looked up."""
    packages = answer((*PYTHON, lock))["dependencies"]
    holes = [f"{one['name']} {one['version']}: {hole['id']}" for one in packages for hole in one.get("vulns", ())]
    if not holes and any("skip_reason" in one for one in packages):
        raise Unanswered(f"{lock}: {sum('skip_reason' in one for one in packages)} packages could not be looked up")
    return holes


def node_holes(folder: str) -> list[str]:
    """The high and critical holes of a folder's packages; raises Unanswered."""
    told = answer(NODE, ROOT / folder)
    if "vulnerabilities" not in told:
        raise Unanswered(f"{folder}: {told.get('message', 'npm did not say why')}")
    return [f"{folder}: {name}" for name, one in told["vulnerabilities"].items() if one["severity"] in BAD]


def audits() -> Iterator[tuple[list[str], int]]:
    """What was found in each part, and the exit code that it asks for."""
    for look, parts in ((python_holes, LOCKS), (node_holes, FOLDERS)):
        for part in parts:
            try:
                holes = look(part)
                yield holes, HOLES if holes else 0
            except Unanswered as error:
                yield [f"not answered: {error}"], UNANSWERED


if __name__ == "__main__":
    found = list(audits())
    codes = {code for _, code in found}
    for lines, _ in found:
        sys.stderr.writelines(f"{line}\n" for line in lines)
    sys.exit(HOLES if HOLES in codes else max(codes))
