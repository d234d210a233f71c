"""How organizations and teams get their slugs and keys."""

import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importer.organizations import keys, slugs
from app.importer.plan import TeamPlan


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme, Inc.", "acme-inc"),
        ("Zürich Straße", "zurich-strasse"),
        ("東京", "dong-jing"),
        ("X", "organization-x"),
        ("🎉", "organization"),
        ("a" * 60, "a" * 50),
    ],
)
def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    assert next(slugs(name)) == slug


def test_the_next_slugs_are_numbered_and_no_longer() -> None:
    assert list(islice(slugs("Acme"), 3)) == ["acme", "acme-2", "acme-3"]
    assert list(islice(slugs("a" * 60), 2)) == ["a" * 50, "a" * 48 + "-2"]


@pytest.mark.parametrize(
    ("name", "key"),
    [("Engineering", "ENG"), ("Data Platform", "DP"), ("Go", "GO"), ("2nd level", "L"), ("42", "TEAM"), ("🎉", "TEAM")],
)
def test_a_key_is_made_of_the_name_where_no_row_has_one(name: str, key: str) -> None:
    assert next(keys(TeamPlan("Acme", name))) == key


def test_the_next_keys_are_numbered_and_no_longer() -> None:
    team = TeamPlan("Acme", "Engineering")
    team.prefixes["ABCDEFGHIJKL"] += 1

    assert list(islice(keys(team), 2)) == ["ABCDEFGHIJKL", "ABCDEFGHIJK2"]


@given(st.text(min_size=1, max_size=100))
def test_any_name_has_slugs_and_keys_that_the_database_takes(name: str) -> None:
    assert all(re.fullmatch("[a-z0-9-]{2,50}", slug) for slug in islice(slugs(name), 3))
    assert all(re.fullmatch("[A-Z][A-Z0-9]{0,11}", key) for key in islice(keys(TeamPlan("Acme", name)), 3))
