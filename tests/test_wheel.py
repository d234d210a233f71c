"""The wheel holds what a server needs, and nothing that only a checkout does."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return set(ZipFile(wheel).namelist())


def test_every_module_and_migration_is_in_it(names: set[str]) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "app").rglob("*.py") if "node_modules" not in path.parts}
    migrations = {f"app/{path.relative_to(ROOT)}" for path in (ROOT / "alembic").rglob("*.py")}
    assert names >= modules | migrations | {"app/alembic.ini"}


def test_of_the_playground_only_what_was_built_is_in_it(names: set[str]) -> None:
    folder = "app/http/playground/"
    assert {name for name in names if name.startswith(folder) and not name.startswith(f"{folder}dist/")} == set()
    built = {str(path.relative_to(ROOT)) for path in (ROOT / folder / "dist").rglob("*") if path.is_file()}
    assert names >= built


def test_nothing_beside_the_application_is_in_it(names: set[str]) -> None:
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"app"}
