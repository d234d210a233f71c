"""Reading an export: only one that is whole is used, and what is wrong is said by its line."""

import gzip
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.export_files.read import is_export, read_export
from app.formats.record import FileUnusable
from tests.export_files.exports import document, event, member, organization, task, team, team_member, text_of, write

LINES = (organization(), member(), team(), team_member(), task(), document(), event())


def refusal(path: Path) -> str:
    with pytest.raises(FileUnusable) as refused:
        list(read_export(path))
    return str(refused.value)


@pytest.mark.parametrize("written", [lambda text: text, gzip.compress], ids=["plain", "gzipped"])
def test_a_whole_one_is_read(tmp_path: Path, written: Any) -> None:
    path = tmp_path / "export"
    path.write_bytes(written(text_of(*LINES)))

    assert is_export(path)
    assert [line.type for line in read_export(path)] == [line["type"] for line in LINES]


def test_one_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    text, path, said = text_of(*LINES), tmp_path / "export", Counter[str]()
    begin = text.index(b"\n") + 1
    for end in range(begin, len(text) - 1):  # without its last byte, the end of the last line, it is whole
        path.write_bytes(text[:end])
        said[refusal(path).removeprefix(f"{path} ").partition(":")[0]] += 1

    assert said == {"is not whole": len(text) - 1 - begin}


def test_a_gzipped_one_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    text, path = gzip.compress(text_of(*LINES)), tmp_path / "export"
    for end in range(200, len(text)):
        path.write_bytes(text[:end])
        assert re.search("is cut short or damaged|is not whole", refusal(path))


def test_one_that_was_changed_is_refused(tmp_path: Path) -> None:
    text, path = text_of(*LINES), tmp_path / "export"
    changed = {
        "a value": text.replace(b"A title", b"A tilte"),
        "a line less": b"".join(
            line for line in text.splitlines(keepends=True) if b'"task"' not in line or b"end" in line
        ),
        "more behind it": text + b"\n",
        "another time": text.replace(b"2026", b"2025", 1),
    }
    for what, now in changed.items():
        path.write_bytes(now)
        assert (what, refusal(path).partition(":")[0]) == (what, f"{path} is not what was exported")


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"of": "person"}, "holds the data of one person, for them to read: nothing takes it back"),
        (
            {"format": 2},
            "has a format that is not known here: import it with the Trellis that wrote it, or a newer one",
        ),
        (
            {"of": "planet"},
            "has a format that is not known here: import it with the Trellis that wrote it, or a newer one",
        ),
    ],
)
def test_one_of_something_else_is_refused(tmp_path: Path, first: dict[str, Any], reason: str) -> None:
    path = write(tmp_path / "export", *LINES, first=first)

    assert refusal(path) == f"{path} {reason}"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (task(title=""), "title: String should have at least 1 character"),
        (task(title="a" * 201), "title: String should have at most 200 characters"),
        (task(description="\0"), "description: holds a NUL character"),
        (task(status="LOST"), "status: is none of BACKLOG, TODO, IN_PROGRESS, IN_REVIEW, DONE, CANCELED"),
        (task(status="DONE"), "completed_at says when a task was DONE, and of no other"),
        (task(estimate=-1), "estimate: Input should be greater than or equal to 0"),
        (task(due_date="2026-02-30"), "due_date: Input should be a valid date"),
        (task(number="1"), "number: Input should be a valid integer"),
        (task(tags=["a", ""]), "tags.1: String should have at least 1 character"),
        (task(created_at="2026-11-29T12:00:00"), "created_at: Input should have timezone info"),
        (task(team="ENG"), "team: Input should be a valid UUID"),
        (
            task(former_keys=[{"key": "eng-1", "until": "2026-11-29T12:00:00Z"}]),
            "former_keys.0.key: String should match",
        ),
        (task(color="red"), "color: Extra inputs are not permitted"),
        (document(text="é" * 524_289), "text: has more than 1,048,576 bytes"),
        (team(settings={}), "settings.created_at: Field required"),
        (organization(slug="A"), "slug: String should match pattern"),
        ({"type": "conversation"}, "Input tag 'conversation' found using 'type' does not match"),
        ({"type": None}, "Input tag 'None' found using 'type' does not match"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path: Path, line: dict[str, Any], said: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(text_of(organization(), line))

    assert refusal(path).startswith(f"{path}, line 3: {said}")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_stands_in_it_is_refused_in_words(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "junk"
    path.write_bytes(text_of(*LINES).replace(b"Guide", junk))

    if junk != b"Guide":
        assert refusal(path).startswith(str(path))


@pytest.mark.parametrize(
    "content", [b"", b"title\nA\n", b'{"title": "A", "type": "export"}\n', b"\x1f\x8bno gzip", b"[]"]
)
def test_other_files_are_no_exports(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    assert not is_export(tmp_path / "file")
