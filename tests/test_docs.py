"""Pages that are written from the code say what the code says."""

import re

import pytest

from app.config import Settings
from docs import generate


@pytest.mark.parametrize("part", generate.PARTS, ids=lambda part: part.name)
def test_a_page_says_what_the_code_says(part: generate.Part) -> None:
    text = part.page.read_text()
    assert part.write(text) == text, "run `make docs`"


def test_every_setting_has_a_reason() -> None:
    text = (generate.HERE / "operations.md").read_text()
    for name, field in Settings.model_fields.items():
        assert text.count(f"| `TRELLIS_{name.upper()}` |") == 1
        assert field.description


def test_every_file_that_a_page_names_is_there() -> None:
    root = generate.HERE.parent
    pages = [*generate.HERE.rglob("*.md"), root / "CONTRIBUTING.md", root / "README.md"]
    named = {
        (page.name, name)
        for page in pages
        if page.name != "add-a-noun.md"  # which makes its files
        for name in re.findall(r"`([a-z_.]+(?:/[a-z_0-9.-]+)+)/?`", page.read_text())
        if not name.startswith(".")
    }
    there = ("", ".py")
    missing = {
        (page, name)
        for page, name in named
        if not any((folder / f"{name}{end}").exists() for folder in (root, root / "app") for end in there)
    }
    assert missing == set()


def test_the_index_of_decisions_has_each_of_them_once_and_in_order() -> None:
    pages = sorted((generate.HERE / "decisions").glob("0*.md"))
    headings = [page.read_text().partition("\n")[0].removeprefix("# ").split(". ", 1) for page in pages]
    index = (generate.HERE / "decisions" / "README.md").read_text()

    assert [int(number) for number, _ in headings] == list(range(1, len(pages) + 1))
    for page, (number, title) in zip(pages, headings, strict=True):
        assert page.name.startswith(f"{int(number):04}-")
        assert index.count(f"| {number} | [{title}]({page.name}) |") == 1
