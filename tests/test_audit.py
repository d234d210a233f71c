"""The gate fails where what we depend on has known holes, and says so where nobody could be asked."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit.py"
CLEAN: Any = {"dependencies": [{"name": "httpx", "version": "0.28.1", "vulns": []}]}
SKIPPED: Any = {"dependencies": [{"name": "httpx", "skip_reason": "Dependency not found"}]}
HOLE: Any = {
    "dependencies": [{"name": "httpx", "version": "0.28.1", "vulns": [{"id": "PYSEC-1"}]}, *SKIPPED["dependencies"]]
}
NPM_CLEAN: Any = {"vulnerabilities": {"vite": {"severity": "moderate"}}}
NPM_REFUSED: Any = {"message": "405 Method Not Allowed"}
NPM_HOLE: Any = {"vulnerabilities": {"vite": {"severity": "critical"}}}


@pytest.mark.parametrize(
    ("of_python", "of_node", "code", "told"),
    [
        (CLEAN, NPM_CLEAN, 0, []),
        (HOLE, NPM_CLEAN, 1, ["httpx 0.28.1: PYSEC-1"]),
        (CLEAN, NPM_HOLE, 1, ["app/http/playground: vite", "tests/apollo: vite"]),
        (HOLE, NPM_REFUSED, 1, ["httpx 0.28.1: PYSEC-1", "not answered: tests/apollo: 405 Method Not Allowed"]),
        (SKIPPED, NPM_CLEAN, 2, ["not answered: requirements-dev.lock: 1 packages could not be looked up"]),
        (None, NPM_REFUSED, 2, ["not answered: uvx says nothing that can be read"]),
    ],
    ids=["clean", "a hole in Python", "a hole in JavaScript", "a hole and a silence", "not looked up", "unreachable"],
)
def test_holes_fail_and_silence_is_told(
    tmp_path: Path, of_python: Any, of_node: Any, code: int, told: list[str]
) -> None:
    _answering(tmp_path / "uvx", of_python)
    _answering(tmp_path / "npm", of_node)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    ran = subprocess.run([sys.executable, AUDIT], env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == code
    lines = ran.stderr.splitlines()
    assert set(told) <= set(lines)
    assert bool(lines) is (code != 0)


def _answering(command: Path, answer: Any) -> None:
    """A command that prints this and fails, as both tools do when they have something to say."""
    text = "" if answer is None else json.dumps(answer)
    command.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit 1\n")
    command.chmod(0o755)
