"""The exports of other tools come in as they are, by one command each; twice is once, and so is a mended file."""

import asyncio
import json
import unicodedata
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from app.cli import commands
from tests.conftest import Database
from tests.importer.importing import OWN, unique

TOOLS = Path(__file__).with_name("tools")
LONG = (
    "When a locker is returned after the shop has closed the deposit should be paid back the next morning and the "
    "person who rented it should get a message that says so, since today they ask at the counter, which takes the "
    "whole team ten minutes a day"
)
CUT = LONG[: LONG.index(" counter")] + "…"


class Came(NamedTuple):
    """A task as it came in."""

    team: str
    number: int
    title: str
    description: str | None = None
    status: str = "TODO"
    priority: str = "NONE"
    estimate: float | None = None
    due_date: date | None = None
    tags: tuple[str, ...] = ()
    assignee: str | None = None


class Export(NamedTuple):
    """A file, the options with which it comes in, what comes in, and how many lines stay out."""

    file: str
    options: tuple[str, ...]
    came: tuple[Came, ...]
    rejected: int = 0


JIRA = (
    Came(
        *("LOCK", 3, "Lockers stay shut after payment"),
        description="h2. Steps\r\n# pay\r\n# wait\r\n\r\n{code:java}\r\nlocker.open();\r\n{code}",
        priority="URGENT",
        estimate=3.0,
        due_date=date(2026, 3, 31),
        tags=("payment", "ios 26"),
    ),
    Came(*("LOCK", 4, CUT), description=f"{LONG}\n\nAs agreed.", priority="LOW", tags=("returns",)),
    Came(*("LOCK", 5, "Won't fix: rename § to EUR"), status="CANCELED", priority="MEDIUM"),
)
LINEAR = (
    Came(
        *("APP", 12, "Fix sign-in"),
        description='Steps:\n\n1. open\n2. press "Sign in"',
        status="IN_PROGRESS",
        priority="HIGH",
        estimate=3.0,
        due_date=date(2026, 9, 20),
        tags=("bug", "backend"),
        assignee="two@example.com",
    ),
    Came("APP", 13, "Old one", status="CANCELED"),
    Came("APP", 14, "Needs a look", status="BACKLOG", priority="URGENT"),
    Came("DES", 1, "Colours", status="CANCELED", priority="LOW"),
)
TRELLO = (
    Came(
        *("MOV", 1, "Order shelves"),
        description="Basement, 20 m²\nColour: „white“",
        due_date=date(2026, 10, 9),
        tags=("Shopping", "red"),
    ),
    Came("MOV", 2, "Old", status="DONE"),
    Came("MOV", 3, "Dropped", status="CANCELED"),
)
BOARD = (
    Came(
        *("MOV", 1, "Order shelves"),
        description="Basement\n\nBefore\n\n- [x] Measure\n- [ ] Order",
        due_date=date(2026, 10, 9),
        tags=("green", "Urgent, really"),
    ),
    Came("MOV", 2, "Pack", status="DONE"),
)
ASANA = (
    Came(
        *("SHO", 1, "Open the shop"),
        description="Line one\nLine two, with a comma",
        due_date=date(2026, 10, 15),
        tags=("Plan, later", "Design", "Q4 launch"),
        assignee="one@example.com",
    ),
    Came("SHO", 2, "Open the shop / Write copy", status="DONE", due_date=date(2026, 9, 9), tags=("Done",)),
)
CLICKUP = (
    Came(
        *("PRO", 1, 'Move the "old" docs'),
        description="Text with a\nline break",
        status="IN_PROGRESS",
        priority="HIGH",
        due_date=date(2024, 10, 1),
        tags=("docs", "writing"),
    ),
    Came("PRO", 2, "Call", status="DONE"),
)
TODOIST = (
    Came(
        *("HOM", 1, "Buy bread"),
        description="Two loaves\n\nDate: tomorrow at 5pm\n\nRye if there is any",
        priority="URGENT",
        due_date=date(2026, 10, 2),
        tags=("Home", "errands"),
    ),
    Came("HOM", 2, "Buy bread / Look into the fridge", description="Date: every day", tags=("Home",)),
    Came("HOM", 3, "Look into the fridge", tags=("Home",)),
)
NOTION = (
    Came(
        *("SHO", 1, "Interview three customers"),
        status="IN_PROGRESS",
        priority="URGENT",
        due_date=date(2026, 1, 9),
        tags=("research", "Q1, 2026"),
    ),
    Came("SHO", 2, "Cafe\u0301 menu", status="DONE", due_date=date(2026, 1, 5)),
)
PLANE = (
    Came(
        *("WEB", 1, "Sign in by link"),
        priority="HIGH",
        estimate=5.0,
        due_date=date(2026, 2, 3),
        tags=("backend", "security"),
    ),
    Came("WEB", 2, "Cancelled request", status="CANCELED"),
)
BUG = "### Bug\r\n\r\n- [ ] a\r\n- [x] b\r\n"
GITHUB = (
    Came("SHO", 1, "Search: `foo_bar` finds nothing", description=BUG, tags=("bug",)),
    Came("SHO", 2, "Docs typo", status="DONE", due_date=date(2026, 2, 1)),
)
SIZES = Came("SHO", 1, "Größe prüfen", priority="HIGH", estimate=1.5, due_date=date(2026, 12, 31), tags=("a", "b"))
EXCEL = (
    SIZES._replace(title="Größen prüfen"),
    Came("SHO", 2, "Kurz"),
    Came(
        *("SHO", 3, '=HYPERLINK("http://example.test")'),
        description="@SUM(1)",
        estimate=2.0,
        due_date=date(2026, 12, 31),
    ),
)
MYSQL = (Came("SHO", 1, 'Say "hello" twice', description="a, b"), Came("SHO", 2, "Path C:\\temp"))

SHOP = ("--team", "Shop")
LOCKERS = ("--team", "Lockers", "--cut-titles")
BY_HAND = ("--map", "Labels=tag,assignee_email=", "--status", "Selected for Development=TODO")
EXPORTS = (
    Export("jira.csv", LOCKERS, JIRA),
    Export("jira-by-hand.csv", LOCKERS + BY_HAND, JIRA),
    Export("linear.csv", (), LINEAR),
    Export("trello.csv", ("--status", "North wing=TODO"), TRELLO),
    Export("trello.json", (), BOARD),
    Export("asana.csv", SHOP, ASANA, rejected=1),
    Export("clickup.csv", (), CLICKUP),
    Export("todoist.csv", ("--team", "Home"), TODOIST),
    Export("notion.csv", (*SHOP, "--priority", "P1=URGENT"), NOTION, rejected=1),
    Export("plane.csv", (), PLANE),
    Export("github.json", SHOP, GITHUB),
    Export("github.jsonl", SHOP, GITHUB),
    Export("excel.csv", SHOP, EXCEL),
    Export("excel-windows.csv", SHOP, (SIZES,)),
    Export("mysql.csv", (*SHOP, "--format", "mysql"), MYSQL),
)


class Person:
    """Somebody who imports by the command, in this process."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = database.superuser_url
        self.email, self.organization = unique("importer@example.com"), unique("Acme")
        monkeypatch.setenv("TRELLIS_DATABASE_URL", database.runtime_url)

    def imports(self, path: Path, *options: str) -> Result:
        arguments = [str(path), "--as", self.email, "--organization", self.organization, *options]
        return CliRunner().invoke(commands("import"), ["import", *arguments])

    def came(self) -> list[Came]:
        return [Came._make([*row[:-2], tuple(row[-2]), row[-1]]) for row in self.fetch(TASKS)]

    def fetch(self, query: str) -> list[Any]:
        async def fetch() -> list[Any]:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetch(query, self.email)
            finally:
                await connection.close()

        return asyncio.run(fetch())


TASKS = f"""
SELECT teams.key, number, title, tasks.description, status, priority, estimate, due_date, tags, users.email FROM tasks
JOIN teams ON teams.id = tasks.team_id
LEFT JOIN team_members ON team_members.id = tasks.assignee_id
LEFT JOIN organization_members ON organization_members.id = team_members.organization_member_id
LEFT JOIN users ON users.id = organization_members.user_id
WHERE tasks.organization_id = ANY({OWN}) ORDER BY tasks.created_at
"""


@pytest.fixture
def person(database: Database, monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(database, monkeypatch)


def copied(file: str, folder: Path, content: bytes | None = None) -> Path:
    """A copy of a tool's file, so that rejects go beside it."""
    path = folder / file
    path.write_bytes((TOOLS / file).read_bytes() if content is None else content)
    return path


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.file)
def test_it_comes_in_as_it_is_and_once(export: Export, person: Person, tmp_path: Path) -> None:
    path = copied(export.file, tmp_path)

    first = person.imports(path, *export.options)
    again = person.imports(path, *export.options)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    count = len(export.came)
    lines = f"{export.rejected} line{'s' * (export.rejected != 1)} rejected"
    tasks = f"{count} task{'s' * (count != 1)}"
    assert f", {tasks}; 0 tasks already there; {lines}; " in first.stdout
    assert f"Made 0 organizations, 0 teams, 0 people, 0 tasks; {tasks} already there; {lines}; " in again.stdout
    assert person.came() == list(export.came)


def otherwise(file: str) -> bytes:
    """The same file as another program saves it: with other ends of lines and decomposed letters, or as lines."""
    content = (TOOLS / file).read_bytes()
    if file.endswith(".json"):
        return json.dumps(json.loads(content), ensure_ascii=False).encode()
    text = content.decode("cp1252" if "windows" in file else "utf-8-sig")
    ends = "\n" if "\r\n" in text else "\r\n"
    return unicodedata.normalize("NFD", "\n".join(text.splitlines())).replace("\n", ends).encode() + ends.encode()


# Of each file what keeps one of its rows out when it stands in the place of what is there.
BROKEN = {
    "jira.csv": (b"31/Mar/26", b"03/04/26"),
    "jira-by-hand.csv": (b"31/Mar/26", b"03/04/26"),
    "linear.csv": (b'"Duplicate"', b'"Copy"'),
    "trello.csv": (b"North wing", b"South wing"),
    "trello.json": (b'"2026-10-09T08:00:00.000Z"', b'"03/04/2026"'),
    "asana.csv": (b"2026-10-15", b"03/04/2026"),
    "clickup.csv": (b"Closed", b"Shut"),
    "todoist.csv": (b"Two loaves,1,1", b"Two loaves,9,1"),
    "notion.csv": (b"Done", b"Dun"),
    "plane.csv": (b'"Cancelled"', b'"Binned"'),
    "github.json": (b'"CLOSED"', b'"SHUT"'),
    "github.jsonl": (b'"CLOSED"', b'"SHUT"'),
    "excel.csv": (b"2026-12-31", b"03/04/2026"),
    "excel-windows.csv": (b"31.12.2026", b"03/04/2026"),
    "mysql.csv": (b'"a, b","TODO"', b'"a, b","Tudu"'),
}


def whatever_number(tasks: Iterable[Came]) -> list[Came]:
    return sorted((task._replace(number=0) for task in tasks), key=lambda task: (task.team, task.title))


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.file)
def test_mended_and_saved_by_another_program_it_is_the_same(export: Export, person: Person, tmp_path: Path) -> None:
    content, count = (TOOLS / export.file).read_bytes(), len(export.came)
    assert content.count(BROKEN[export.file][0]) == 1
    person.imports(copied(export.file, tmp_path, content.replace(*BROKEN[export.file])), *export.options)
    assert len(person.came()) == count - 1

    whole = person.imports(copied(export.file, tmp_path), *export.options)
    before = person.came()
    again = person.imports(copied(export.file, tmp_path, otherwise(export.file)), *export.options)

    assert (whole.exit_code, again.exit_code) == (0, 0), again.output
    assert f", 1 task; {count - 1} task{'s' * (count != 2)} already there; {export.rejected} line" in whole.stdout
    assert f"Made 0 organizations, 0 teams, 0 people, 0 tasks; {count} task" in again.stdout
    assert person.came() == before
    assert whatever_number(before) == whatever_number(export.came)


@pytest.mark.parametrize(
    ("export", "broken", "mended", "title"),
    [
        (EXPORTS[5], b"1200000000000013,,,,,", b"1200000000000013,,,,Named,", "Open the shop / Named"),
        (EXPORTS[8], b"\n,,,,Not", b"\nPlan,,,,Not", "Plan"),
    ],
    ids=["asana", "notion"],
)
def test_once_mended_only_what_stayed_out_comes_in(
    export: Export, person: Person, tmp_path: Path, broken: bytes, mended: bytes, title: str
) -> None:
    path = copied(export.file, tmp_path)
    person.imports(path, *export.options)
    before = person.came()
    rejects = tmp_path / f"{export.file}.rejects.csv"
    assert rejects.exists()

    path.write_bytes(path.read_bytes().replace(broken, mended))
    done = person.imports(path, *export.options)

    assert "1 task; 2 tasks already there; 0 lines rejected" in done.stdout
    assert [task.title for task in person.came() if task not in before] == [title]
    assert not rejects.exists()
