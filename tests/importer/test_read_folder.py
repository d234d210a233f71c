"""Which files of a folder are documents, and what each becomes."""

from pathlib import Path

import pytest

from app.documents.models import DocumentKind
from app.formats.record import Reject
from app.importer.read_folder import Found, NoDocuments, documents_in, gather

MARKDOWN, TEXT = DocumentKind.MARKDOWN, DocumentKind.TEXT


def put(folder: Path, name: str, content: bytes | str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def gathered(folder: Path) -> list[Found | Reject]:
    return list(gather(folder, documents_in(folder)))


def test_markdown_and_text_are_documents_wherever_they_are(tmp_path: Path) -> None:
    put(tmp_path, "guide.md", "# The *guide*\r\n\r\nRead me.\r\n")
    put(tmp_path, "notes/2026_plan  b.TXT", "\ufeff# No heading in plain text")
    put(tmp_path, "notes/deep/empty.markdown", "")
    for name in ("image.png", "page.html", ".git/config.md", "notes/.draft.md"):
        put(tmp_path, name, "A")

    assert gathered(tmp_path) == [
        Found("guide.md", "The *guide*", MARKDOWN, "# The *guide*\r\n\r\nRead me.\r\n"),
        Found("notes/2026_plan  b.TXT", "2026 plan b", TEXT, "# No heading in plain text"),
        Found("notes/deep/empty.markdown", "empty", MARKDOWN, ""),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"caf\xe9", "text: is not UTF-8"),
        (b"a\0b", "text: holds a NUL character"),
        (b"a" * 1_048_577, "text: has 1,048,577 bytes, at most 1,048,576 fit"),
    ],
    ids=["latin-1", "nul", "long"],
)
def test_what_no_document_can_hold_stays_out(tmp_path: Path, content: bytes, reason: str) -> None:
    put(tmp_path, "a.txt", "A")
    put(tmp_path, "b.txt", content)
    put(tmp_path, "c.txt", b"c" * 1_048_576)

    found = gathered(tmp_path)

    assert found[1] == Reject(1, reason, "b.txt")
    assert [one.source for one in found if isinstance(one, Found)] == ["a.txt", "c.txt"]


def test_a_file_that_is_gone_by_then_stays_out(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "A")
    paths = documents_in(tmp_path)
    paths[0].unlink()

    assert list(gather(tmp_path, paths)) == [Reject(1, "cannot be read (No such file or directory)", "a.txt")]


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "image.png", "A")

    with pytest.raises(NoDocuments, match=r"holds no \.md or \.txt files"):
        documents_in(tmp_path)


def test_a_name_is_composed_whatever_system_has_written_it(tmp_path: Path) -> None:
    put(tmp_path, "a/Cafe\u0301.txt", "One")
    put(tmp_path, "b/Cafe\u0301.txt", "Two")
    put(tmp_path, "b/Caf\u00e9.txt", "Three")

    assert gathered(tmp_path) == [
        Found("a/Caf\u00e9.txt", "Cafe\u0301", TEXT, "One"),
        Found("b/Caf\u00e9.txt", "Cafe\u0301", TEXT, "Two"),
        Reject(1, "path: another file has it, with its letters composed otherwise", "b/Caf\u00e9.txt"),
    ]
