"""What makes a task of a record, and what keeps it out."""

from datetime import date
from typing import Any

import pytest

from app.formats.record import Record
from app.importer.check import Key, Row, Unfit
from app.importer.rules import Rules


def checked(**values: Any) -> Row:
    return Rules("Acme", "Engineering").check(Record(2, {"title": "One"} | values, ""))


def test_a_title_is_enough() -> None:
    assert checked() == Row("Acme", "Engineering", None, "One")


def test_every_column_is_taken() -> None:
    row = checked(
        organization=" Globex ",
        team="Research",
        key="rnd-007",
        title="  Two words ",
        description="    indented\ncode",
        status="in progress",
        priority="Urgent",
        estimate=" 2.5 ",
        due_date="2026-02-28",
        tags="a, b;c,,a",
        assignee_email="Ada@example.com",
    )

    assert row == Row(
        "Globex",
        "Research",
        Key("RND", 7),
        "Two words",
        "    indented\ncode",
        "IN_PROGRESS",
        "URGENT",
        2.5,
        date(2026, 2, 28),
        ("a", "b", "c"),
        "Ada@example.com",
    )


def test_json_brings_numbers_lists_and_nulls() -> None:
    row = checked(estimate=3, tags=["a,b", " c "], description=None, key=None, status=None)

    assert (row.estimate, row.tags, row.description, row.key, row.status) == (3.0, ("a,b", "c"), None, None, "TODO")


def test_blank_is_the_same_as_absent() -> None:
    names = ("organization", "team", "key", "description", "status", "priority", "estimate", "due_date", "tags")

    assert checked(**dict.fromkeys(names, "  "), assignee_email="") == checked()


def test_what_just_fits_is_taken() -> None:
    row = checked(
        title="t" * 200,
        description="d" * 65_536,
        team="e" * 100,
        key="ABCDEFGHIJKL-2000000000",
        estimate="0",
        tags=["t" * 50, *map(str, range(19))],
    )

    assert (len(row.title), len(row.description or ""), len(row.team), len(row.tags)) == (200, 65_536, 100, 20)
    assert (row.key, row.estimate) == (Key("ABCDEFGHIJKL", 2_000_000_000), 0.0)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"title": " "}, "title: is empty"),
        ({"title": None}, "title: is empty"),
        ({"title": 404}, "title: must be text"),
        ({"title": "t" * 201}, "title: has 201 characters, at most 200 fit"),
        ({"title": "a\0b"}, "title: holds a NUL character"),
        ({"title": "Mot\udcf6rhead"}, "title: is not UTF-8"),
        ({"description": "d" * 65_537}, "description: has 65,537 characters, at most 65,536 fit"),
        ({"description": ["one"]}, "description: must be text"),
        ({"organization": "o" * 101}, "organization: has 101 characters, at most 100 fit"),
        ({"status": "OPEN"}, "status: 'OPEN' is none of BACKLOG, CANCELED, DONE, IN_PROGRESS, IN_REVIEW, TODO"),
        ({"priority": "P1"}, "priority: 'P1' is none of HIGH, LOW, MEDIUM, NONE, URGENT"),
        ({"key": "ENG"}, "key: must look like ENG-42, with at most 12 letters and digits before the hyphen"),
        ({"key": "1ST-1"}, "key: must look like ENG-42, with at most 12 letters and digits before the hyphen"),
        (
            {"key": "ABCDEFGHIJKLM-1"},
            "key: must look like ENG-42, with at most 12 letters and digits before the hyphen",
        ),
        ({"key": "ENG-0"}, "key: its number must be from 1 to 2,000,000,000"),
        ({"key": "ENG-2147483648"}, "key: its number must be from 1 to 2,000,000,000"),
        ({"estimate": "two"}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": "-1"}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": "1000000.5"}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": "inf"}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": "1e999"}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": "nan"}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": True}, "estimate: must be a number from 0 to 1,000,000"),
        ({"estimate": 10**400}, "estimate: must be a number from 0 to 1,000,000"),
        ({"due_date": "2026-02-29"}, "due_date: must be a day such as 2026-12-31"),
        ({"due_date": "31.12.26"}, "due_date: must be a day such as 2026-12-31"),
        ({"due_date": "9999-12-31"}, "due_date: must be from 0001-01-02 to 9999-12-30"),
        ({"due_date": 20261231}, "due_date: must be text"),
        ({"tags": ",".join(map(str, range(21)))}, "tags: there are 21, at most 20 fit"),
        ({"tags": "t" * 51}, "tags: has 51 characters, at most 50 fit"),
        ({"tags": [1]}, "tags: must be text or a list of texts"),
        ({"tags": {"a": 1}}, "tags: must be text or a list of texts"),
        ({"assignee_email": "ada"}, "assignee_email: This is no e-mail address."),
        ({"assignee_email": "ada lovelace@example.com"}, "assignee_email: This is no e-mail address."),
        ({"assignee_email": "a" * 243 + "@example.com"}, "assignee_email: has 255 characters, at most 254 fit"),
    ],
)
def test_what_cannot_be_kept_is_told_by_column(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unfit) as refused:
        checked(**values)

    assert str(refused.value) == reason


@pytest.mark.parametrize("name", ["organization", "team"])
def test_a_line_without_an_owner_stays_out(name: str) -> None:
    owners: dict[str, Any] = {"organization": "Acme", "team": "Engineering"} | {name: None}

    with pytest.raises(Unfit, match=f"{name}: is empty, and there is no --{name}"):
        Rules(**owners).check(Record(2, {"title": "One"}, ""))
