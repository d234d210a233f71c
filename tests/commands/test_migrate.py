"""`trellis migrate`: which database it takes, and what it says when there is none."""

from pathlib import Path

import pytest

from tests.processes import free_port, trellis


def test_migrate_without_settings_makes_the_embedded_database(data_directory: Path) -> None:
    for _ in range(2):
        migrated = trellis(data_directory, "migrate")

        assert (migrated.returncode, migrated.stdout, migrated.stderr) == (
            0,
            "The database has the newest tables.\n",
            "",
        )
    assert (data_directory / ".trellis" / "postgres" / "PG_VERSION").read_text() == "18\n"


def test_a_mistyped_directory_makes_no_database(tmp_path: Path) -> None:
    mistyped = tmp_path / "trelis"
    refused = trellis(tmp_path, "migrate", "--data", str(mistyped))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"There is no database in {mistyped}: check the path, or make one by `trellis dev --data`\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/trellis"
    refused = trellis(
        tmp_path, "migrate", TRELLIS_DATABASE_OWNER_URL=url, TRELLIS_DATABASE_URL="postgresql://t@/trellis"
    )

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "check TRELLIS_DATABASE_OWNER_URL" in refused.stderr
    assert "hidden" not in refused.stderr


@pytest.mark.parametrize("command", [["dev", "--port", "0"], ["migrate"]])
def test_half_of_the_database_settings_is_refused(tmp_path: Path, command: list[str]) -> None:
    refused = trellis(tmp_path, *command, TRELLIS_DATABASE_URL="postgresql://trellis@/trellis")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "TRELLIS_DATABASE_URL is set and TRELLIS_DATABASE_OWNER_URL is not: "
        "set both, or neither to use the embedded PostgreSQL\n"
    )
    assert list(tmp_path.iterdir()) == []
