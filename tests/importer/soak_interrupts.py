"""The same as test_interrupts.py with 50,000 rows: `make soak-import`, some minutes."""

from pathlib import Path

from tests.importer.importing import Importer
from tests.importer.test_interrupts import interrupted_often


async def test_after_ctrl_c_50_000_rows_end_as_one_run_would_have(importer: Importer, tmp_path: Path) -> None:
    assert await interrupted_often(importer, tmp_path, rows=50_000, step=1.5, times=20) > 0
