"""Columns whose values may be long are declared, so that statements measure them before they read them."""

import re
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import ARRAY, JSON, CheckConstraint, Column, String, TypeDecorator

import app.schema  # noqa: F401  # imports every loader
from app.db.source import Source

LONG = 255  # characters
BOUND = re.compile(r"(?:char|octet)_length\((\w+)\) (?:BETWEEN \d+ AND|<=|=) (\d+)")
FORM = re.compile(r"(?:lower\()?(\w+)\)? (?:IN \(|~ '\^)")  # one of a few words, or of a form that says how long
# Bounded where they are written: by how many settings, scopes and kinds there are, by the request, by the arguments.
BOUNDED_ELSEWHERE = {
    "locked",
    "scopes",
    "request_id",
    "subject_ids",
    "counts",
    "secret_hashes",
    "subject_type",
    "type",
    "email_key",  # as long as the address
}
SOURCES = {
    value.typename: value
    for name, module in list(sys.modules.items())
    if name.startswith("app.") and name.endswith(".loaders")
    for value in vars(module).values()
    if isinstance(value, Source)
}


def unbounded(source: Source) -> Iterator[str]:
    """The columns whose values the database lets be long."""
    checks = [str(one.sqltext) for one in source.table.constraints if isinstance(one, CheckConstraint)]
    bounds = {name: int(most) for check in checks for name, most in BOUND.findall(check)}
    formed = {name for check in checks for name in FORM.findall(check)}
    for column in source.table.c:
        if can_be_long(column) and bounds.get(column.name, LONG + 1) > LONG and column.name not in formed:
            yield column.name


def can_be_long(column: Column[object]) -> bool:
    plain = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return isinstance(plain, String | JSON | ARRAY)


@pytest.mark.parametrize("typename", SOURCES)
def test_what_may_be_long_is_measured(typename: str) -> None:
    source = SOURCES[typename]
    assert set(unbounded(source)) - BOUNDED_ELSEWHERE == set(source.long)
