"""`trellis schema`."""

from pathlib import Path

from app.schema import schema
from tests.processes import trellis


def test_schema_prints_the_schema(tmp_path: Path) -> None:
    printed = trellis(tmp_path, "schema")

    assert (printed.returncode, printed.stdout, printed.stderr) == (0, schema.as_str() + "\n", "")
