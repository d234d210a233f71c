"""Taking a query apart, and writing its words for PostgreSQL."""

from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.graph.errors import BadUserInput
from app.ranking.cursors import Basis, Position, decode, encode
from app.ranking.query import Query, read_query
from app.ranking.snippet import shown
from app.ranking.terms import Term, as_query
from tests.conftest import Database

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("login fails", Query("login fails")),
        ('the "password form" fails', Query("the password form fails", ("password form",))),
        ("export -excel", Query("export", (), ("excel",))),
        ('export -"as excel" now', Query("export now", (), ("as excel",))),
        ("wi-fi -5 e-mail", Query("wi-fi e-mail", (), ("5",))),
        ('never "closed again', Query("never closed again", ("closed again",))),
        ("-excel", Query("", (), ("excel",))),
        ('"" - "  "', Query("-")),
        ("", Query("")),
    ],
)
def test_a_query_is_taken_apart(text: str, expected: Query) -> None:
    assert read_query(text) == expected


@given(TEXT)
def test_no_word_is_lost_or_counted_twice(text: str) -> None:
    query = read_query(text)

    said = sorted(" ".join([query.words, *query.unwanted]).replace('"', " ").split())
    assert len(said) <= len(text.replace('"', " ").split())
    assert set("".join(said)) <= set(text)


async def test_every_lexeme_is_a_query_for_itself(database: Database) -> None:
    connection = await asyncpg.connect(database.runtime_url)
    try:
        for lexeme in ["it's", "back\\slash", "a:b*c", "&|!()<->", "''", "\\'", "ü", "two words"]:
            found = await connection.fetchval(
                "SELECT array_to_tsvector(ARRAY[$1]) @@ $2::text::tsquery", lexeme, as_query(lexeme)
            )
            assert found is True
    finally:
        await connection.close()


@given(
    st.floats(0, 1),
    st.uuids(),
    st.integers(0, 200),
    st.builds(
        Basis,
        st.tuples(*[st.none() | st.floats(-1, 20)] * 4),
        st.none() | st.integers(0, 100),
        st.lists(st.builds(Term, TEXT.filter(len), st.floats(1e-12, 1e6), st.booleans()), max_size=5).map(tuple),
        st.floats(-1, 1),
    ),
)
@settings(deadline=None)
def test_a_cursor_comes_back_as_it_was(score: float, row_id: Any, shown: int, basis: Basis) -> None:
    (cursor,) = encode("a search", basis, iter([(score, row_id, shown)]))

    assert decode("a search", cursor) == Position(score, row_id, shown, basis)
    with pytest.raises(BadUserInput):
        decode("another search", cursor)


@given(TEXT | st.binary(max_size=60).map(lambda given: given.hex()))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput):
        decode("a search", text)


@given(TEXT)
def test_a_snippet_has_no_tag_but_marks(text: str) -> None:
    bare = shown(text).replace("<mark>", "").replace("</mark>", "")

    assert "<" not in bare
    assert ">" not in bare
    assert '"' not in bare
