"""Pages that are written from the code say what the code says."""

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
