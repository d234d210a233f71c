"""`trellis demo`: as much as asked, and one line about it."""

from pathlib import Path

from tests.conftest import Database
from tests.importer.importing import unique
from tests.processes import trellis


def test_demo_says_what_it_has_made(tmp_path: Path, database: Database) -> None:
    size = ("--organizations", "2", "--teams", "3", "--members", "4", "--tasks", "50")
    made = trellis(
        tmp_path, "demo", *size, "--as", unique("ada@example.com"), TRELLIS_DATABASE_URL=database.runtime_url
    )

    assert made.returncode == 0
    assert made.stdout.startswith("Made 2 organizations, 6 teams, 24 people, 50 tasks; ")
    assert all(" is taken: " in line for line in made.stderr.splitlines())
