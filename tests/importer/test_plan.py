"""What is known of a file once it has been read, and what of it stays out."""

from pathlib import Path

from app.formats.record import Reject
from app.importer.check import Row
from app.importer.plan import survey
from app.importer.task_file import TaskFile


def written(folder: Path, *lines: str) -> TaskFile:
    path = folder / "tasks.csv"
    path.write_text("\n".join(lines))
    return TaskFile(path, "Acme", "Engineering")


def test_a_key_is_taken_once(tmp_path: Path) -> None:
    source = written(
        tmp_path, "key,title,team", "ENG-1,One,", "eng-01,Two,", "ENG-1,Three,Web", "ENG-1,Four,engineering"
    )

    rejects: list[Reject] = []
    plan = survey(source, rejects.append)

    assert [(reject.line, reject.reason) for reject in rejects] == [
        (3, "key: ENG-1 is already on line 2"),
        (5, "key: ENG-1 is already on line 2"),
    ]
    assert [row.title for row in source.rows()] == ["One", "Three"]
    assert plan.rows == 2


def test_rows_without_a_key_that_say_the_same_are_counted(tmp_path: Path) -> None:
    source = written(tmp_path, "title,description", "One,", "One,", "Two,", "One,text", "One,")

    assert [(row.title, row.repeat) for row in source.rows()] == [
        ("One", 0),
        ("One", 1),
        ("Two", 0),
        ("One", 0),
        ("One", 2),
    ]


def test_columns_of_no_meaning_are_named_as_the_file_has_them_if_they_say_anything(tmp_path: Path) -> None:
    source = written(tmp_path, "title,Reporter,Story Points,Sprint,Sprint,Rank,Rank", "One,Ada,3,,,1,2")

    assert [row for row in source if isinstance(row, Row)] == [Row("Acme", "Engineering", None, "One")]
    assert list(source.layout.left) == ["Reporter", "Story Points", "Rank"]


def test_a_team_is_planned_with_its_prefixes_numbers_and_people(tmp_path: Path) -> None:
    source = written(
        tmp_path,
        "key,title,team,assignee_email",
        "GHS-9,One,Jira,ada@example.com",
        "JSW-4,Two,JIRA,Ada@Example.com",
        "JSW-2,Three,jira,bob@example.com",
        ",Four,Web,",
    )

    jira, web = survey(source, print).teams.values()

    assert (jira.name, jira.prefixes, jira.highest) == ("Jira", {"JSW": 2, "GHS": 1}, {"GHS": 9, "JSW": 4})
    assert jira.emails == {"ada@example.com": "ada@example.com", "bob@example.com": "bob@example.com"}
    assert (web.name, web.prefixes, web.emails) == ("Web", {}, {})
