"""The classes of rows have the columns that the models declare, and those that statements read along with them."""

from pathlib import Path

import pytest

import app.schema  # noqa: F401  # brings in the nouns
from app.graph.node import Node
from app.migrations import row_classes

FILES = row_classes.files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_file_says_what_the_models_say(path: Path) -> None:
    assert path.read_text() == FILES[path], "run `make schema`"


@pytest.mark.parametrize("noun", Node.__subclasses__(), ids=lambda noun: noun.__name__)
def test_the_class_of_a_nouns_rows_has_each_of_their_columns(noun: type[Node]) -> None:
    (row,) = noun.source.record.__bases__
    assert set(row.__annotations__) == noun.source.columns.keys()
    assert row.__module__.endswith(".rows")
