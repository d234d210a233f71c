"""What the claims of a rightly signed token may say, and what becomes of those that are strange."""

import json
from time import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.claims import Claims, InvalidToken
from app.auth.tokens import Tokens
from app.config import Settings

SECRET = "0123456789abcdef" * 4
TOKENS = Tokens(Settings.model_validate({"jwt_secret": SECRET}))

MALFORMED = "The token is malformed: sign in again."
NOT_YET = "The token is not valid yet: check the clock of the machine that issued it."
EXPIRED = "The token has expired: sign in again."
NO_NUMBER = "The claim `exp` must be a number of seconds."
WRONG_ISSUER = "The token comes from an issuer that this server does not trust."
WRONG_AUDIENCE = "The token is for another audience: ask for one for this server."
WRONG_SUBJECT = "The claim `sub` must have 1 to 255 printable characters."


async def read(**changes: object) -> Claims:
    """The claims of a token that is right but for the changes; a claim changed to ... is left out."""
    now = int(time())
    claims = {"iss": "trellis", "aud": "trellis", "sub": "ada", "iat": now, "exp": now + 600} | changes
    kept = {name: value for name, value in claims.items() if value is not ...}
    return await TOKENS.verify(jwt.api_jws.encode(json.dumps(kept).encode(), SECRET, "HS256"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1}, EXPIRED),
        ({"exp": True}, EXPIRED),
        ({"exp": ...}, "The token lacks the claim `exp`."),
        ({"exp": None}, "The token lacks the claim `exp`."),
        ({"exp": "9999999999"}, NO_NUMBER),
        ({"exp": 10**400}, NO_NUMBER),
        ({"exp": float("inf")}, MALFORMED),
        ({"exp": float("nan")}, MALFORMED),
        ({"exp": [1]}, MALFORMED),
        ({"nbf": 10**11}, NOT_YET),
        ({"nbf": "soon"}, MALFORMED),
        ({"iat": 10**11}, NOT_YET),
        ({"iat": None}, MALFORMED),
        ({"iss": "elsewhere"}, WRONG_ISSUER),
        ({"iss": ["trellis"]}, WRONG_ISSUER),
        ({"iss": ...}, "The token lacks the claim `iss`."),
        ({"aud": "elsewhere"}, WRONG_AUDIENCE),
        ({"aud": ["elsewhere"]}, WRONG_AUDIENCE),
        ({"aud": {"trellis": 1}}, WRONG_AUDIENCE),
        ({"aud": ...}, "The token lacks the claim `aud`."),
        ({"sub": ...}, "The token lacks the claim `sub`."),
        ({"sub": 5}, MALFORMED),
        ({"sub": ""}, WRONG_SUBJECT),
        ({"sub": "a" * 256}, WRONG_SUBJECT),
        ({"sub": "ada\0"}, WRONG_SUBJECT),
        ({"sub": "ada\ud800"}, WRONG_SUBJECT),
    ],
    ids=str,
)
async def test_token_with_a_wrong_claim_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        await read(**changes)

    assert str(caught.value) == reason


async def test_longest_subject_is_accepted() -> None:
    assert (await read(sub="a" * 255)).subject == "a" * 255


async def test_clocks_may_differ_by_thirty_seconds() -> None:
    now = time()

    assert (await read(exp=now - 25)).subject == "ada"
    assert (await read(nbf=now + 25, iat=now + 25)).subject == "ada"
    with pytest.raises(InvalidToken, match=EXPIRED):
        await read(exp=now - 35)
    with pytest.raises(InvalidToken, match=NOT_YET):
        await read(nbf=now + 35)
    with pytest.raises(InvalidToken, match=NOT_YET):
        await read(iat=now + 35)


async def test_audience_may_be_one_of_several() -> None:
    assert (await read(aud=["elsewhere", "trellis"])).subject == "ada"


@pytest.mark.parametrize(
    ("value", "email"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ädä@exämple.com", "ädä@xn--exmple-cua.com"),
        ("a" * 242 + "@example.com", "a" * 242 + "@example.com"),
        ("a" * 243 + "@example.com", None),
        ("ada", None),
        ("ada@", None),
        ("ada@example.com@elsewhere.example", None),
        ("ada @example.com", None),
        ("ada\0@example.com", None),
        ("ada@example.com\n", None),
        (5, None),
        (["ada@example.com"], None),
        (..., None),
    ],
    ids=repr,
)
async def test_email_that_cannot_be_right_is_left_out(value: object, email: str | None) -> None:
    assert (await read(email=value)).email == email


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada\n\tLovelace ", "Ada Lovelace"),
        ("A\0d\x1ba", "Ada"),
        ("Ada\ud800", "Ada"),
        ("می\u200cنویسم", "می\u200cنویسم"),  # the joiner is a letter's form, not a control character
        ("é" * 100, "é" * 100),
        ("é" * 101, "é" * 100),
        ("a" * 99 + " b", "a" * 99),
        ("", None),
        (" \0 ", None),
        (["Ada"], None),
        (5, None),
        (..., None),
    ],
    ids=ascii,
)
async def test_name_is_made_fit_to_be_shown(value: object, name: str | None) -> None:
    assert (await read(name=value)).name == name


@pytest.mark.parametrize(
    ("value", "verified"),
    [(True, True), ("true", True), (False, False), ("false", False), (1, False), ([], False), (..., False)],
    ids=repr,
)
async def test_email_is_verified_only_when_the_issuer_says_so(value: object, verified: bool) -> None:
    assert (await read(email="ada@example.com", email_verified=value)).email_verified is verified


async def test_email_that_is_left_out_is_not_verified() -> None:
    assert (await read(email="ada", email_verified=True)).email_verified is False


CLAIM_NAMES = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "email", "name", "email_verified"]
# Lone surrogates are what JSON can say and PostgreSQL cannot.
TEXT = st.text(st.characters(codec=None))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@given(st.dictionaries(st.sampled_from(CLAIM_NAMES), ANY_JSON))
async def test_any_signed_claims_are_refused_or_fit_to_be_stored(changes: dict[str, Any]) -> None:
    try:
        claims = await read(**changes)
    except InvalidToken:
        return

    for text, longest in ((claims.subject, 255), (claims.email, 254), (claims.name, 100)):
        assert text is None or 0 < len(text) <= longest
        assert b"\0" not in (text or "").encode()
