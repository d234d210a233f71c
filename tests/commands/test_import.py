"""`trellis import`: what it says, and where the lines go that stay out."""

import csv
import gzip
from pathlib import Path

import pytest

from app.db.columns import new_id
from tests.export_files.exports import BOB, OTHER, event, member, organization, task, team, team_member, write
from tests.importer.importing import Importer
from tests.processes import trellis

FILE = """\
team,key,title,status,reporter
Engineering,ENG-1,One,DONE,Ada
Engineering,ENG-2,,TODO,Ada
Engineering,ENG-3,"Two ""quoted"" words",OPEN,Ada
Engineering,ENG-4,Three,TODO,Ada
"""


def run(folder: Path, importer: Importer, *arguments: str) -> tuple[int, str, str]:
    options = ("--as", importer.email, "--organization", importer.organization)
    done = trellis(folder, "import", *arguments, *options, TRELLIS_DATABASE_URL=importer.url)
    return done.returncode, done.stdout, done.stderr


async def test_good_lines_go_in_and_bad_ones_beside_the_file(tmp_path: Path, importer: Importer) -> None:
    path = tmp_path / "data" / "tasks.csv.gz"
    path.parent.mkdir()
    path.write_bytes(gzip.compress(FILE.encode()))

    status, said, complained = run(tmp_path, importer, "data/tasks.csv.gz", "--members", "2")

    assert status == 0
    assert said.startswith("Made 1 organization, 1 team, 2 people, 2 tasks; 0 tasks already there; 2 lines rejected; ")
    assert complained.splitlines() == [
        "Left aside, as no column of a task: reporter",
        "The rejected lines and why: data/tasks.csv.gz.rejects.csv",
    ]
    with (tmp_path / "data" / "tasks.csv.gz.rejects.csv").open(newline="") as rejects:
        assert list(csv.reader(rejects)) == [
            ["line", "reason", "record"],
            ["3", "title: is empty", "Engineering,ENG-2,,TODO,Ada"],
            [
                "4",
                "status: 'OPEN' is none of BACKLOG, CANCELED, DONE, IN_PROGRESS, IN_REVIEW, TODO",
                'Engineering,ENG-3,"Two ""quoted"" words",OPEN,Ada',
            ],
        ]
    assert [(key, number, title) for key, number, title, _ in await importer.tasks()] == [
        ("ENG", 1, "One"),
        ("ENG", 4, "Three"),
    ]


async def test_a_reject_turns_nothing_around_that_stands_beside_it(tmp_path: Path, importer: Importer) -> None:
    (tmp_path / "tasks.csv").write_text("title,status\nA \u202etitle,\u2067OPEN\n")

    status, said, complained = run(tmp_path, importer, "tasks.csv", "--team", "Engineering \u202e")

    assert (status, said) == (1, "")
    assert complained.splitlines() == ["Nothing came in: 1 line rejected. Why: tasks.csv.rejects.csv"]
    with (tmp_path / "tasks.csv.rejects.csv").open(newline="") as rejects:
        _, reject = csv.reader(rejects)
    reason = "status: '\\u2067OPEN' is none of BACKLOG, CANCELED, DONE, IN_PROGRESS, IN_REVIEW, TODO"
    assert reject == ["2", reason, "A \\u202etitle,\\u2067OPEN"]


async def test_names_have_one_spelling_and_titles_must_show(tmp_path: Path, importer: Importer) -> None:
    lines = ["team,title,tags", "Bu\u0308ro,Ame\u0301lie,e\u0301", "B\u00fcro,\u200b\u2800,x", "B\u00dcRO,Two,\u00e9"]
    (tmp_path / "tasks.csv").write_text("\n".join(lines))

    status, said, _ = run(tmp_path, importer, "tasks.csv")

    assert (status, said.startswith("Made 1 organization, 1 team, 0 people, 2 tasks; ")) == (0, True)
    found = await importer.superuser.fetch(
        "SELECT teams.name, title, tags FROM tasks JOIN teams ON teams.id = team_id"
        " JOIN organizations ON organizations.id = tasks.organization_id WHERE organizations.name = $1 ORDER BY number",
        importer.organization,
    )
    assert [tuple(row) for row in found] == [
        ("B\u00fcro", "Ame\u0301lie", ["\u00e9"]),
        ("B\u00fcro", "Two", ["\u00e9"]),
    ]


async def test_rejects_go_to_the_current_folder_where_the_files_takes_none(tmp_path: Path, importer: Importer) -> None:
    (tmp_path / "data" / "tasks.csv.rejects.csv").mkdir(
        parents=True
    )  # nobody can write a file of that name, not even root
    (tmp_path / "data" / "tasks.csv").write_text(FILE)

    status, _, complained = run(tmp_path, importer, "data/tasks.csv")

    assert status == 0
    assert complained.splitlines()[-1] == "The rejected lines and why: tasks.csv.rejects.csv"
    assert (tmp_path / "tasks.csv.rejects.csv").read_text().count("\n") == 3


async def test_nothing_is_imported_where_the_rejects_cannot_be_written(tmp_path: Path, importer: Importer) -> None:
    (tmp_path / "tasks.csv.rejects.csv").mkdir()
    (tmp_path / "tasks.csv").write_text(FILE)

    status, said, complained = run(tmp_path, importer, "tasks.csv")

    assert (status, said, complained.count("\n")) == (1, "", 1)
    assert complained.endswith("cannot be written: run it where you may write\n")
    assert await importer.tasks() == []


async def test_a_file_without_bad_lines_leaves_no_rejects(tmp_path: Path, importer: Importer) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"title": "One", "tags": ["a"]}\n{"title": "Two"}\n')

    status, said, complained = run(tmp_path, importer, "tasks.jsonl", "--team", "Web Shop")

    assert (status, complained) == (0, "")
    assert "2 tasks; 0 tasks already there; 0 lines rejected" in said
    assert not (tmp_path / "tasks.jsonl.rejects.csv").exists()
    assert await importer.tasks() == [("WS", 1, "One", None), ("WS", 2, "Two", None)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(FILE.encode() * 100)[:-40], "tasks is cut short or damaged"),
        (b"title\nOne\n", "tasks has no column team: add it, or name one for all lines with --team"),
        (b"", "tasks is empty"),
    ],
)
async def test_a_file_that_cannot_be_read_is_one_line_and_changes_nothing(
    tmp_path: Path, importer: Importer, content: bytes, reason: str
) -> None:
    (tmp_path / "tasks").write_bytes(content)

    status, said, complained = run(tmp_path, importer, "tasks")

    assert (status, said) == (1, "")
    assert complained.splitlines()[-1].startswith(reason)
    assert await importer.superuser.fetchval("SELECT count(*) FROM users WHERE email = $1", importer.email) == 0


@pytest.mark.parametrize(
    "option", [("--as", "ada"), ("--organization", "o" * 101), ("--team", " "), ("--members", "-1")]
)
def test_options_that_cannot_be_are_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    (tmp_path / "tasks.csv").write_text(FILE)
    arguments = {"--as": "ada@example.com", "--organization": "Acme"} | dict([option])

    refused = trellis(tmp_path, "import", "tasks.csv", *(word for pair in arguments.items() for word in pair))

    assert (refused.returncode, refused.stdout) == (2, "")
    assert option[0] in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.csv"]


def test_without_settings_it_goes_into_the_embedded_database(data_directory: Path) -> None:
    (data_directory / "tasks.csv").write_text(FILE)
    command = ("import", "tasks.csv", "--as", "ada@example.com", "--organization", "Acme", "--data", "data")

    first, second = (trellis(data_directory, *command) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith("Made 1 organization, 1 team, 0 people, 2 tasks; 0 tasks already there; ")
    assert second.stdout.startswith("Made 0 organizations, 0 teams, 0 people, 0 tasks; 2 tasks already there; ")


async def test_a_folder_becomes_documents(tmp_path: Path, importer: Importer) -> None:
    (tmp_path / "docs" / "notes").mkdir(parents=True)
    (tmp_path / "docs" / "guide.md").write_text("# Guide\n")
    (tmp_path / "docs" / "notes" / "a.txt").write_bytes(b"caf\xe9")

    status, said, complained = run(tmp_path, importer, "docs", "--team", "Engineering")

    assert (status, complained) == (0, f"The rejected files and why: {tmp_path}/docs.rejects.csv\n")
    assert said.startswith(
        "Made 1 organization, 1 team, 0 people, 1 document; 0 documents already there; 1 file rejected; "
    )
    with (tmp_path / "docs.rejects.csv").open(newline="") as rejects:
        assert list(csv.reader(rejects))[1] == ["1", "text: is not UTF-8", "notes/a.txt"]


async def test_a_folder_needs_an_organization(tmp_path: Path, importer: Importer) -> None:
    done = trellis(tmp_path, "import", ".", "--as", importer.email, TRELLIS_DATABASE_URL=importer.url)

    assert done.returncode == 2
    assert "add --organization NAME" in " ".join(done.stderr.split())


def test_help_breaks_its_lines_for_the_terminal(tmp_path: Path) -> None:
    shown = trellis(tmp_path, "import", "--help", COLUMNS="80")

    assert " estimate, due_date, tags, assignee_email; all but title are optional. The" in shown.stdout


async def test_an_export_comes_back_as_an_organization(tmp_path: Path, importer: Importer) -> None:
    """And its log stays in the file."""
    slug = f"acme-{new_id().hex[-12:]}"
    people = (member(email=importer.email), member(id=OTHER, person=BOB, email=None, name="Bob"))
    write(tmp_path / "acme.jsonl", organization(), *people, team(), team_member(), task(), event(), event())
    options = ("--as", importer.email, "--organization", slug)

    made, again = (
        trellis(tmp_path, "import", "acme.jsonl", *options, TRELLIS_DATABASE_URL=importer.url) for _ in range(2)
    )

    assert made.returncode == 0
    assert made.stdout.startswith(f"Made {slug}: 1 organization, 1 member, 1 team, 1 team member, 1 task; ")
    assert made.stderr.splitlines() == [
        "Left out, as nobody vouches for their addresses: 1 person. Invite them, and give them tasks",
        "Left in the file, as the history of the former organization: 2 events",
    ]
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == f"There is an organization {slug} already: name another slug by --organization\n"
    assert await importer.tasks() == [("ENG", 1, "A title", None)]


@pytest.mark.parametrize("option", [("--team", "A"), ("--members", "1"), ("--organization", "No Slug")])
def test_an_export_takes_no_options_of_a_file_of_tasks(tmp_path: Path, option: tuple[str, str]) -> None:
    write(tmp_path / "acme.jsonl", organization(), member())

    refused = trellis(tmp_path, "import", "acme.jsonl", "--as", "ada@example.com", *option)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert option[0] in refused.stderr
