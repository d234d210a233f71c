"""Trouble that files of other tools make: each costs its own record, or the whole file with one reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.formats.lines import UTF_8, WINDOWS, encoding_of
from app.formats.record import FileUnusable, Record, Reject
from app.formats.wishes import Wishes, wishes
from app.importer.check import Row
from app.importer.task_file import TaskFile
from tests.formats.reading import reading, written


def read_twice(path: Path, said: Wishes | None = None) -> list[Row | Reject]:
    """What an import reads; it reads each file twice, and both times the same."""
    source = TaskFile(path, "Acme", "Engineering", said or Wishes())
    first, second = list(source), list(source)
    assert first == second
    return first


def titles(found: list[Row | Reject]) -> list[str]:
    return [one.title if isinstance(one, Row) else one.reason for one in found]


def test_a_damaged_first_line_does_not_hide_the_format(tmp_path: Path) -> None:
    issue = {"number": 7, "title": "One", "state": "CLOSED", "labels": [{"name": "bug"}]}
    path = written(tmp_path, b'{"number": 6, "title": \n' + json.dumps(issue).encode() + b"\n")

    damaged, row = read_twice(path)

    assert isinstance(damaged, Reject)
    assert isinstance(row, Row)
    assert (row.title, row.status, row.tags, row.origin) == ("One", "DONE", ("bug",), "#7")


BOARD = {"name": "B", "lists": [{"id": "l", "name": "To do"}], "cards": [{"id": "c", "name": "One", "idList": "l"}]}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, ["One"]),
        ({"lists": [{"id": ["l"]}], "actions": [{"type": "commentCard", "data": None}]}, ["One"]),
        ({"checklists": [{"idCard": ["c"], "name": 5, "checkItems": [{"pos": "x"}, {"pos": 1}]}]}, ["One"]),
        ({"checklists": [{"idCard": "c", "name": 5, "checkItems": [{"pos": "x"}, {"pos": 1}, 7]}]}, ["One"]),
        ({"cards": [None, {"id": 1, "name": 2, "desc": 5}]}, ["title: must be text; description: must be text"]),
        ({"cards": [None], "lists": [None]}, []),
    ],
)
def test_a_board_with_odd_parts_costs_no_more_than_its_cards(
    tmp_path: Path, changed: dict[str, Any], found: list[str]
) -> None:
    assert titles(read_twice(written(tmp_path, json.dumps(BOARD | changed).encode()))) == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b'{\n  "title": "One"\n}\n{\n  "title": "Two"\n}\n',
            r"is malformed JSON \(.*line 4\): mend it, or write one obj",
        ),
        (b'[\n  {"title": "One"},\n', "is malformed JSON"),
        (b'{\n  "issues": [{"title": "One"}]\n}\n', r"is one JSON object, and no Trello board: .*`jq '.issues'`"),
        (b"[" * 100_000, "is malformed JSON"),
        (b"PK\x03\x04", "is a ZIP archive"),
        ("title\nOne\n".encode("utf-16-le"), "is UTF-16"),
        (b"title\n\xcf\xf0\xee\xe2\xe5\xf0\xe8\xf2\xfc\n", "is neither UTF-8 nor Windows-1252"),  # cp1251
        ("title\nZażółć gęślą jaźń\n".encode("cp1250"), "is neither UTF-8 nor Windows-1252"),
        ("title\nGröße\n".encode("mac_roman"), "is neither UTF-8 nor Windows-1252"),
        (b"title,title,status,Status\na,b,TODO,DONE\n", r"more than one column for title, status, status \(title"),
        (b"title;estimate\na;1,5\nb;1.5\n", r"with a comma \(line 2\) and with a point \(line 3\)"),
    ],
)
def test_a_whole_file_is_refused_with_one_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(FileUnusable, match=reason) as refused:
        read_twice(written(tmp_path, content))

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf\xef\xbb\xbftitle,status\nOne,TODO\n",
        b'Report of Monday\n\n"Made by, me",x\ntitle,status\nOne,TODO\n',
        b"sep=;\r\ntitle;status;;\r\nOne;TODO;;\r\n",
        b"title,status,Sprint,Sprint,,\nOne,TODO,,,,\n,,,,,\n",
        b'[\n  {"title": "One", "status": "to do"}\n]\n',
        b"title,status,priority\nOne,\\N,null\n",
    ],
)
def test_what_stands_around_the_rows_costs_nothing(tmp_path: Path, content: bytes) -> None:
    assert read_twice(written(tmp_path, content)) == [Row("Acme", "Engineering", None, "One")]


def test_everything_that_is_wrong_with_a_row_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, b"key,title,status,estimate,due_date\nX,,OPEN,two,03/04/2026\n")

    assert titles(read_twice(path)) == [
        (
            "title: is empty; key: must look like ENG-42, with at most 12 letters and digits before the hyphen; "
            "status: 'OPEN' is none of BACKLOG, CANCELED, DONE, IN_PROGRESS, IN_REVIEW, TODO; "
            "estimate: must be a number from 0 to 1,000,000; "
            "due_date: does not say which number is the month: write 2026-04-03 or 2026-03-04"
        )
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("title\nGröße prüfen\n", WINDOWS),
        ("title\nVérifier l\u2019état du café \u2013 déjà vu\n", WINDOWS),
        ("title\nPrice 5 €\n", WINDOWS),
        ("title\nAção não concluída\n", WINDOWS),
        ("title\nplain\n", UTF_8),
    ],
)
def test_windows_1252_is_told_apart(tmp_path: Path, text: str, encoding: str) -> None:
    path = written(tmp_path, text.encode(encoding))

    assert encoding_of(path) == encoding
    assert [one.values["title"] for one in reading(path) if isinstance(one, Record)] == [text.split("\n")[1]]


def test_wishes_go_before_the_format_and_a_file_can_keep_them(tmp_path: Path) -> None:
    kept = tmp_path / "mapping.toml"
    kept.write_text('[map]\nID = "key"\nName = "title"\n[status]\n"In QA" = "IN_REVIEW"\n')
    path = written(tmp_path, b"ID,Name,Status,Labels,Labels\nENG-1,One,In QA,a,b\nENG-2,Two,Shipped,,\n")
    said = wishes(kept, format_name=None, columns=["Labels=tag"], statuses=["shipped=done"], priorities=[])

    first, second = read_twice(path, said)

    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (str(first.key), first.title, first.status, first.tags) == ("ENG-1", "One", "IN_REVIEW", ("a", "b"))
    assert second.status == "DONE"
