"""The page that shows how to add a noun: what it says is done in a copy of the tree, whose tests are run there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from app.migrations.migrate import alembic_config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "add-a-noun.md").read_text()
BLOCK = re.compile(r"^```(python|diff) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the copy has of the tree, but for what is installed or made.
FILES = ("Makefile", "alembic.ini", "pyproject.toml", "schema.graphql")
FOLDERS = ("alembic", "app", "docs", "tests")
LEFT_OUT = shutil.ignore_patterns("node_modules", "dist", "__pycache__", "generated")
OF_THE_NOUN = "tests/labels"
# Of these, what says "label" of a table or mutation, and what is of the tree as a whole.
OF_THE_HOUSE = (
    *("tests/test_architecture.py", "tests/test_docs.py", "tests/test_schema.py", "tests/test_rls.py"),
    *(
        "tests/migrations/test_revisions.py",
        "tests/migrations/test_migrate.py",
        "tests/test_roles.py",
        "tests/api_keys/test_scopes.py",
    ),
)
CHOSEN = "(label or architecture or docs or schema or revisions or agree or ends_where_it_began) and not page_names"


def test_what_the_page_shows_is_green(tmp_path: Path) -> None:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=LEFT_OUT)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for kind, path, text in BLOCK.findall(PAGE):
        _write(tmp_path / path, text) if kind == "python" else _insert(tmp_path / path, text.splitlines())

    _run(tmp_path, "make", "--old-file=setup", "schema", "docs")
    _run(tmp_path, ".venv/bin/ruff", "check", "app", "alembic", OF_THE_NOUN)
    told = _run(tmp_path, ".venv/bin/pytest", "-q", "-k", CHOSEN, OF_THE_NOUN, *OF_THE_HOUSE)

    assert " failed" not in told


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.parent.parent.name == "app":
        (path.parent / "__init__.py").touch()
    (head,) = ScriptDirectory.from_config(alembic_config("")).get_heads()
    path.write_text(text.replace("the newest one before it", head))


def _insert(path: Path, hunk: list[str]) -> None:
    """Writes the lines with a plus where the other one of the hunk is, which the file has once."""
    (context,) = (line[1:] for line in hunk if line.startswith(" "))
    lines = path.read_text().splitlines()
    assert lines.count(context) == 1, f"{path} has {lines.count(context)} lines {context!r}"
    place = lines.index(context)
    lines[place : place + 1] = [line[1:] for line in hunk]
    path.write_text("\n".join(lines) + "\n")


def _run(folder: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TRELLIS_"))}
    environment["PYTHONPATH"] = str(folder)  # before the tree that is installed
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-5000:]
    return ran.stdout
