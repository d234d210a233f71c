"""`trellis import --check`: the plan, and nothing else."""

from pathlib import Path

from tests.processes import trellis

FILE = """\
Made on Monday

ID,Name,Status,Priority,Owner,Owner
ENG-1,One,To do,Highest,Ada,
ENG-2,,In QA,,Ada,Bob
"""
TITLED = ("--map", "ID=key,Name=title")


def test_it_shows_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "tasks.csv").write_text(FILE)
    (tmp_path / "tasks.csv.rejects.csv").write_text("line,reason,record\n1,old,x\n")

    shown = trellis(tmp_path, "import", "--check", "tasks.csv", "--organization", "Acme", *TITLED)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.splitlines() == [
        "tasks.csv: CSV with commas, UTF-8, format trellis",
        "Left out above the header: 2 lines",
        "  ID        → key",
        "  Name      → title",
        "  Status    → status",
        "  Priority  → priority",
        "Left aside: Owner",
        "status To do (1) → TODO",
        (
            'status In QA (1) → nothing known: add --status "In QA=…", one of BACKLOG, CANCELED, DONE, IN_PROGRESS, '
            "IN_REVIEW, TODO"
        ),
        "priority Highest (1) → URGENT",
        "Would come in: 1 task; of these, what is there already stays as it is",
        "  Acme / …: 1 task",
        "The file does not say everywhere where tasks go: add --team NAME",
        "Would be rejected: 1 line",
        "  line 5: title: is empty; status: 'In QA' is none of BACKLOG, CANCELED, DONE, IN_PROGRESS, IN_REVIEW, TODO",
        "Nothing was written.",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tasks.csv", "tasks.csv.rejects.csv"]


def test_where_nothing_would_come_in_it_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "tasks.csv").write_text("title,status\n,TODO\n")

    shown = trellis(tmp_path, "import", "--check", "tasks.csv")

    assert shown.returncode == 1
    assert "Would come in: 0 tasks" in shown.stdout
