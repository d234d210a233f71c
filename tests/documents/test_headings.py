"""What counts as a heading, and what does not."""

import pytest

from app.documents.headings import LONGEST_HEADING, headings_of


def sections(text: str) -> list[str | None]:
    return [mark.section for mark in headings_of(text, markdown=True)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# One", ["One"]),
        ("# One\r\n## Two\r\n", ["One", "One > Two"]),
        ("### Three\n# One\n## Two", ["Three", "One", "One > Two"]),
        ("   #### Four ####  \n", ["Four"]),
        ("# C#\n", ["C#"]),
        ("# #\n", [""]),
        ("#\n", [""]),
        ("#One\n", []),
        ("####### Seven\n", []),
        ("    # Code\n", []),
        ("```\n# Code\n```\n# One\n", ["One"]),
        ("~~~~\n# Code\n~~~\n# Code\n~~~~\n# One\n", ["One"]),
        ("``` python\n# Code\n``` python\n# Code\n```\n# One\n", ["One"]),
        ("One\n===\nTwo\n---\n", ["One", "One > Two"]),
        ("A line\nand another\n---\n", []),
        ("---\ntitle: One\n---\n", []),
        ("- item\n---\n", []),
        ("\n---\n", []),
        ("> # Quote\n", []),
    ],
)
def test_headings(text: str, found: list[str]) -> None:
    assert sections(text) == found


def test_a_long_heading_is_shortened() -> None:
    assert sections("# " + "a" * 5_000) == ["a" * (LONGEST_HEADING - 1)]


def test_marks_say_where_they_begin_and_end() -> None:
    text = "é\f\n# One\nTwo\n---\nend"

    assert [(text[mark.start : mark.end], mark.section, mark.page) for mark in headings_of(text, markdown=True)] == [
        ("\f", None, 2),
        ("# One\n", "One", None),
        ("Two\n---\n", "One > Two", None),
    ]
