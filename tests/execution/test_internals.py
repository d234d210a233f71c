"""The libraries whose insides we stand on are of the minor versions that this was tested with."""

from importlib.metadata import version

import pytest


@pytest.mark.parametrize(("library", "minor"), [("strawberry-graphql", "0.341"), ("graphql-core", "3.3")])
def test_another_minor_version_is_a_change_of_its_own(library: str, minor: str) -> None:
    found = version(library)
    assert found.rpartition(".")[0] == minor, f"{library} {found}: run `make newest`, then name the new version here"
