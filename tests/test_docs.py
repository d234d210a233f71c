"""Pages that are written from the code say what the code says."""

from docs import generate


def test_architecture_page_shows_the_tables_as_they_are() -> None:
    text = generate.ARCHITECTURE.read_text()
    assert generate.page(text) == text
