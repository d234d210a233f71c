"""Ctrl-C at any moment, and then a run to the end, leave what one run would have."""

from dataclasses import replace
from pathlib import Path

from tests.importer.importing import Importer, unique
from tests.importer.interrupting import import_file, write_rows

STEP = 0.7  # seconds, later each time, so that every part of an import is met


async def interrupted_often(importer: Importer, folder: Path, *, rows: int, step: float = STEP, times: int = 10) -> int:
    """Interrupts an import again and again until one comes to its end; answers how many were. Compares with one run."""
    path = folder / "tasks.csv"
    write_rows(path, rows)
    options = ("--team", "Engineering", "--as", importer.email, "--organization", importer.organization)
    interrupts = 0
    while interrupts < times and import_file(path, importer.url, options, interrupt_after=0.5 + interrupts * step):
        interrupts += 1
    assert import_file(path, importer.url, options) == 0
    whole = replace(importer, email=unique("whole@example.com"), organization=unique("Whole"))
    options = ("--team", "Engineering", "--as", whole.email, "--organization", whole.organization)
    assert import_file(path, importer.url, options) == 0

    tasks = await importer.tasks()
    assert len(tasks) == rows
    assert tasks == await whole.tasks()
    counters = "SELECT last_number FROM teams JOIN organizations o ON o.id = organization_id WHERE o.name = $1"
    counts = [await importer.superuser.fetchval(counters, one.organization) for one in (importer, whole)]
    assert counts[0] == counts[1]
    return interrupts


async def test_after_ctrl_c_a_second_run_ends_as_one_would_have(importer: Importer, tmp_path: Path) -> None:
    assert await interrupted_often(importer, tmp_path, rows=1_500, times=2) > 0
