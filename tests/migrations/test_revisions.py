"""What every revision has to keep to, those that are released and those that are written next."""

import ast
import hashlib
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from app.migrations.migrate import alembic_config

FOLDER = Path(__file__).parents[2] / "alembic"
VERSIONS = sorted((FOLDER / "versions").glob("*.py"))
RELEASED = {line.split()[1]: line.split()[0] for line in (FOLDER / "released.sha256").read_text().splitlines()}
# Released before there was app/db/concurrently.py, which keeps it from leaving half of itself.
LEAVES_ITS_TRANSACTION = "2026_11_22_api_keys.py"
CONCURRENT = {"build_index", "drop_index"}


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_revision_is_never_edited(name: str) -> None:
    found = hashlib.sha256((FOLDER / "versions" / name).read_bytes()).hexdigest()

    assert found == RELEASED[name], "databases have been made by it as it was: write another revision"


def test_revisions_follow_each_other_in_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config(""))

    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert len(list(script.walk_revisions())) == len(VERSIONS)
    assert not any(one.is_merge_point for one in script.walk_revisions())


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_an_index_built_concurrently_is_all_that_its_revision_does(path: Path) -> None:
    tree = ast.parse(path.read_text())
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    if path.name != LEAVES_ITS_TRANSACTION:
        assert "autocommit_block" not in attributes, "use build_index and drop_index of app/db/concurrently.py"
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name in {"upgrade", "downgrade"}:
            steps = [ast.unparse(step).partition("(")[0] for step in function.body if not _is_docstring(step)]
            assert steps in (["build_index"], ["drop_index"]) or not CONCURRENT.intersection(_called(function))


def _is_docstring(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def _called(function: ast.FunctionDef) -> set[str]:
    return {ast.unparse(call.func) for call in ast.walk(function) if isinstance(call, ast.Call)}
