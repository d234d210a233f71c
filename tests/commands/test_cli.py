"""`trellis` itself: it knows its verbs, and loads the one that is wanted."""

import subprocess
import sys
from importlib.metadata import version

from typer.testing import CliRunner

from app.cli import VERBS, commands
from tests.processes import ROOT

ROOMS = ("app.commands.", "app.terminal.", "app.serving.", "app.doctor.")
LOADED = "import sys; from app.cli import commands; commands('{}'); print(' '.join(sys.modules))"


def test_without_a_verb_all_of_them_are_shown() -> None:
    shown = CliRunner().invoke(commands(""), [])

    first_words = [line.strip("│ ").partition(" ")[0] for line in shown.output.splitlines()]
    names = [verb.rstrip("_") for verb in VERBS]
    assert [word for word in first_words if word in names] == names
    assert "Print a bearer token for development." in shown.output


def test_the_version_is_shown() -> None:
    shown = CliRunner().invoke(commands("--version"), ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"trellis {version('trellis-server')}\n")


def test_a_mistyped_verb_is_one_error_with_what_may_be_meant() -> None:
    refused = CliRunner().invoke(commands("tokn"), ["tokn"])

    assert refused.exit_code == 2
    assert "No such command 'tokn'. Did you mean 'token'?" in refused.output


def test_a_verb_loads_nothing_of_the_others() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED.format("token")], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert {name for name in loaded if name.startswith(ROOMS)} == {
        "app.commands.token",
        "app.terminal.environment",
        "app.terminal.options",
    }
    assert {"app.schema", "alembic", "sqlalchemy", "strawberry", "uvicorn"}.isdisjoint(loaded)
