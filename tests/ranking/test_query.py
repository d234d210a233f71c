"""Taking a query apart, and writing its words for PostgreSQL."""

# ruff: noqa: RUF001  # quotation marks and dashes as people type them

from random import Random
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.graph.errors import BadUserInput
from app.ranking.cursors import Basis, Position, decode, encode
from app.ranking.query import APOSTROPHES, HYPHENS, QUOTES, Query, as_typed, read_query
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
        ('"" - "  "', Query("-")),
        ("git push -f origin", Query("git push origin", (), ("f",))),
        ("ls --all", Query("ls --all")),
        ("", Query("")),
    ],
)
def test_a_query_is_taken_apart(text: str, expected: Query) -> None:
    assert read_query(text) == expected


@pytest.mark.parametrize("text", ["-excel", '-"as excel"', "–excel", "  -a -b ", '-a ""', "−“as excel”"])
def test_a_query_that_only_excludes_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput, match="only says what must not be there"):
        read_query(text)


@pytest.mark.parametrize(
    "text",
    [
        "the “password form” fails -export",
        "the ”password form” fails –export",
        "the „password form“ fails —export",
        "the «password form» fails −export",
        "the »password form« fails ‐export",
        "the ‹password form› fails ‑export",
        "the 「password form」 fails －export",
        "the 『password form』 fails ―export",
        "the 〝password form〟 fails ‒export",
        "the ＂password form＂ fails ﹣export",
        "\ufeffthe\u3000\u2067“password form”\u2069 fails\u00a0\u200e–export",
    ],
)
def test_typography_reads_as_what_is_on_a_keyboard(text: str) -> None:
    assert read_query(text) == Query("the password form fails", ("password form",), ("export",))


def test_apostrophes_hyphens_and_letters_have_one_spelling() -> None:
    assert read_query("don’t resume\u0301 a wi‑fi 10–20 – now") == Query("don't resum\u00e9 a wi-fi 10–20 – now")


@given(st.lists(st.sampled_from(["word", " ", "-", '"', "'", "ü", "🎉"]), max_size=30), st.randoms())
def test_a_query_reads_the_same_in_any_typography(parts: list[str], draw: Random) -> None:
    other = {'"': QUOTES, "'": APOSTROPHES, "-": HYPHENS, "ü": ["u\u0308"], " ": [" ", "\u00a0", "\u3000", "\u2028"]}
    typed = "".join(parts)
    varied = "".join(draw.choice([part, *other.get(part, [])]) for part in parts)

    assert _read(varied) == _read(typed)


def _read(text: str) -> Query | None:
    try:
        return read_query(text)
    except BadUserInput:
        return None


@given(TEXT | st.text(st.sampled_from("-–—−\"“”„«»'’ ab🎉\u200b\u202e\u0301\u200d漢"), max_size=40))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    query = _read(text)

    assert query is None or query.words or not query.unwanted


@given(TEXT)
def test_no_word_is_lost_or_counted_twice(text: str) -> None:
    query, typed = _read(text), as_typed(text)
    if query is None:
        return

    said = sorted(" ".join([query.words, *query.unwanted]).replace('"', " ").split())
    assert len(said) <= len(typed.replace('"', " ").split())
    assert set("".join(said)) <= set(typed)


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
