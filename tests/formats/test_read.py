"""What a file says, line by line, however it is written; and what a whole file is refused for."""

import gzip
from pathlib import Path

import pytest

from app.formats.delimited import LONGEST_FIELD
from app.formats.read import read
from app.formats.record import FileUnusable, Record, Reject
from tests.formats.reading import laid_out, reading, written


def titles(path: Path) -> list[object]:
    return [record.values["title"] if isinstance(record, Record) else record for record in reading(path)]


@pytest.mark.parametrize(
    "content",
    [
        b"title,status\nOne,TODO\nTwo,DONE\n",
        b"title,status\r\nOne,TODO\r\nTwo,DONE\r\n",
        b"title,status\rOne,TODO\rTwo,DONE",
        b"\xef\xbb\xbftitle,status\nOne,TODO\nTwo,DONE",
        b"\n\ntitle,status\n\nOne,TODO\n\nTwo,DONE\n\n",
        b"title\tstatus\nOne\tTODO\nTwo\tDONE\n",
        b"Title;Status\nOne;TODO\nTwo;DONE\n",
        b'"title","status"\n"One","TODO"\n"Two","DONE"\n',
        b'{"title": "One", "status": "TODO"}\n{"status": "DONE", "title": "Two"}\n',
        b'\xef\xbb\xbf{"title": "One", "status": "TODO"}\r\n\r\n{"Title": "Two", "STATUS": "DONE"}',
    ],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_any_spelling_of_a_file_says_the_same(tmp_path: Path, content: bytes, compress: type[bytes]) -> None:
    records = list(reading(written(tmp_path, compress(content))))

    assert [record.values for record in records if isinstance(record, Record)] == [
        {"title": "One", "status": "TODO"},
        {"title": "Two", "status": "DONE"},
    ]
    assert len(records) == 2


def test_a_record_over_several_lines_has_the_number_of_the_first(tmp_path: Path) -> None:
    path = written(tmp_path, b'title,description\nOne,"first\n\nthird"\nTwo,\n')

    assert list(reading(path)) == [
        Record(2, {"title": "One", "description": "first\n\nthird"}, 'One,"first\n\nthird"'),
        Record(5, {"title": "Two", "description": ""}, "Two,"),
    ]


def test_a_line_with_too_many_fields_stays_out_alone(tmp_path: Path) -> None:
    path = written(tmp_path, b"title,status\nOne,DONE,now\nTwo,TODO\n")

    assert list(reading(path)) == [
        Reject(2, "malformed CSV: 3 fields where the header has 2", "One,DONE,now"),
        Record(3, {"title": "Two", "status": "TODO"}, "Two,TODO"),
    ]


def test_a_short_line_says_nothing_of_the_columns_behind_it(tmp_path: Path) -> None:
    path = written(tmp_path, b"title,status,tags\nOne\nTwo,DONE\n")

    assert list(reading(path)) == [
        Record(2, {"title": "One", "status": "", "tags": ""}, "One"),
        Record(3, {"title": "Two", "status": "DONE", "tags": ""}, "Two,DONE"),
    ]


def test_commas_and_nothing_else_are_no_record(tmp_path: Path) -> None:
    path = written(tmp_path, b"title,status,,\nOne,TODO,,\n,,,\n , ,,,,,\nTwo,,,,,\n")

    assert list(reading(path)) == [
        Record(2, {"title": "One", "status": "TODO"}, "One,TODO,,"),
        Record(5, {"title": "Two", "status": ""}, "Two,,,,,"),
    ]


def test_text_after_a_closing_quote_stays_out_alone(tmp_path: Path) -> None:
    path = written(tmp_path, b'title,status\n"One"x,TODO\nTwo,DONE\n')

    first, second = reading(path)

    assert isinstance(first, Reject)
    assert (first.line, first.raw) == (2, '"One"x,TODO')
    assert first.reason.startswith("malformed CSV: ")
    assert second == Record(3, {"title": "Two", "status": "DONE"}, "Two,DONE")


def test_a_quote_that_is_never_closed_is_one_reject_that_says_how_far_it_goes(tmp_path: Path) -> None:
    path = written(tmp_path, b'title,status\nOne,TODO\n"Two,DONE\nThree,TODO\nFour,TODO\n')

    first, second = reading(path)

    assert first == Record(2, {"title": "One", "status": "TODO"}, "One,TODO")
    assert second == Reject(
        3,
        "malformed CSV: unexpected end of data; from here on 2 more lines belong to it: is a quote not closed?",
        '"Two,DONE\nThree,TODO\nFour,TODO',
    )


def test_a_huge_field_is_one_record(tmp_path: Path) -> None:
    huge = "line with, a comma\n" * 20_000
    path = written(tmp_path, f'title,description\nOne,"{huge}"\nTwo,\n'.encode())

    first, second = reading(path)

    assert isinstance(first, Record)
    assert first.values["description"] == huge
    assert isinstance(second, Record)
    assert (second.line, second.values["title"]) == (20_003, "Two")


def test_a_huge_name_of_a_column_costs_nothing(tmp_path: Path) -> None:
    assert titles(written(tmp_path, b"title," + b"x" * 200_000 + b"\nOne,\n")) == ["One"]


def test_a_malformed_json_line_stays_out_alone(tmp_path: Path) -> None:
    path = written(
        tmp_path, b'{"title": "One"}\n{"title": \n["Two"]\n{"title": "Three", "estimate": NaN}\n{"title": "Four"}'
    )

    rejects = [record for record in reading(path) if isinstance(record, Reject)]

    assert [(reject.line, reject.raw) for reject in rejects] == [
        (2, '{"title": '),
        (3, '["Two"]'),
        (4, '{"title": "Three", "estimate": NaN}'),
    ]
    assert all(reject.reason.startswith("malformed JSON: ") for reject in rejects)
    assert rejects[1].reason == "malformed JSON: not an object"


def test_a_byte_that_is_no_utf8_costs_no_other_line(tmp_path: Path) -> None:
    path = written(tmp_path, "title\nMötley Crüe\n".encode() + b"Mot\xf6rhead\nOne\n")

    assert titles(path) == ["Mötley Crüe", "Mot\udcf6rhead", "One"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        ("title\nOne\n".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        (b"name,status\nOne,TODO\n", "has no column title"),
        (b"title;" + b"x" * (LONGEST_FIELD + 1), "has no column title"),
        (gzip.compress(b"title\n" + b"One\n" * 10_000, mtime=0)[:-20], "is cut short or damaged"),
        (gzip.compress(b"title\nOne\n", mtime=0)[:-8] + b"\0" * 8, "is cut short or damaged"),
        (b"\x1f\x8b but no gzip", "is cut short or damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(FileUnusable, match=reason):
        list(reading(written(tmp_path, content)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match=r"nothing\.csv cannot be read \(No such file or directory\)"):
        list(reading(tmp_path / "nothing.csv"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="is no regular file"):
        list(reading(tmp_path))


def test_a_column_that_no_option_stands_for_must_be_there(tmp_path: Path) -> None:
    layout = laid_out(written(tmp_path, b"title,team\nOne,Engineering\n"), required=["organization", "team"])

    with pytest.raises(
        FileUnusable, match="has no column organization: add it, or name one for all lines with --organ"
    ):
        list(read(layout))
