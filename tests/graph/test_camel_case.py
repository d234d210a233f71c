"""Names are spelled as Strawberry spells those of fields."""

from hypothesis import given
from hypothesis import strategies as some
from strawberry.utils.str_converters import to_camel_case

from app.graph.camel_case import camel_case


@given(some.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True))
def test_names_are_spelled_as_those_of_fields(name: str) -> None:
    assert camel_case(name) == to_camel_case(name)
