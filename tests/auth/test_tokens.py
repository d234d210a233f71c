"""Tokens signed with the server's own secret: which are believed, and for how long that is remembered."""

import json
import string
from base64 import urlsafe_b64encode
from datetime import timedelta
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from app.auth.claims import Claims, InvalidToken
from app.auth.tokens import Tokens, UnusableSigningKey, sign
from app.config import Settings

SECRET = "0123456789abcdef" * 4
SETTINGS = Settings.model_validate({"jwt_secret": SECRET})
OTHER_SETTINGS = Settings.model_validate({"jwt_secret": "f" * 64})
TOKENS = Tokens(SETTINGS)
WRONG_SIGNATURE = "The signature of the token is wrong: sign in again."


def token_of(subject: str = "ada", *, seconds: float = 600, settings: Settings = SETTINGS, name: str = "Ada") -> str:
    return sign(settings, subject=subject, email=None, name=name, ttl=timedelta(seconds=seconds))


def encoded(part: object) -> str:
    return urlsafe_b64encode(part if isinstance(part, bytes) else json.dumps(part).encode()).rstrip(b"=").decode()


async def refusal(token: str, tokens: Tokens = TOKENS) -> str:
    with pytest.raises(InvalidToken) as caught:
        await tokens.verify(token)
    return str(caught.value)


async def test_signed_token_tells_who_is_calling() -> None:
    before = int(time())

    token = sign(SETTINGS, subject="ada", email="ada@example.com", name="Ada Lovelace", ttl=timedelta(hours=1))

    claims = await TOKENS.verify(token)
    assert claims.expires_at - before in (3600, 3601)
    assert claims == Claims("ada", "ada@example.com", "Ada Lovelace", True, claims.expires_at)


async def test_signed_token_may_say_only_the_subject() -> None:
    token = sign(SETTINGS, subject="ada", email=None, name=None, ttl=timedelta(hours=1))

    claims = await TOKENS.verify(token)

    assert (claims.email, claims.name, claims.email_verified) == (None, None, False)
    assert set(jwt.decode(token, options={"verify_signature": False})) == {"iss", "aud", "sub", "iat", "exp"}


@pytest.mark.parametrize("algorithm", ["none", "NONE", "HS512", "RS256", "ES256", "", None, 5, ["HS256"]], ids=repr)
async def test_only_the_algorithm_of_the_secret_is_accepted(algorithm: object) -> None:
    _, claims, signature = token_of().split(".")
    header = encoded({"typ": "JWT", "alg": algorithm})

    for forged in (f"{header}.{claims}.", f"{header}.{claims}.{signature}"):
        reason = await refusal(forged)
        assert reason == "The token is signed with an algorithm that this server does not accept."


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, "The token names its own key"),
        ({"jku": "https://elsewhere.example/keys"}, "The token names its own key"),
        ({"x5u": "https://elsewhere.example/certificate"}, "The token names its own key"),
        ({"x5c": []}, "The token names its own key"),
        ({"typ": "logout+jwt"}, "The token is of another type"),
        ({"typ": 5}, "The token is of another type"),
        ({"kid": 5}, "The token is malformed"),
        ({"crit": ["exp"], "exp": 1}, "The token is malformed"),
        ({"crit": ["b64"], "b64": False}, "The token is malformed"),
    ],
    ids=str,
)
async def test_treacherous_header_is_refused_though_the_signature_is_right(header: dict[str, Any], reason: str) -> None:
    signed = f"{encoded({'alg': 'HS256'} | header)}.{token_of().split('.')[1]}"
    signature = jwt.get_algorithm_by_name("HS256").sign(signed.encode(), SECRET.encode())

    assert (await refusal(f"{signed}.{encoded(signature)}")).startswith(reason)


async def test_token_of_another_secret_is_refused() -> None:
    assert await refusal(token_of(settings=OTHER_SETTINGS)) == WRONG_SIGNATURE


async def test_changed_claims_are_refused() -> None:
    header, _, signature = token_of("ada").split(".")
    theirs = token_of("root").split(".")[1]

    assert await refusal(f"{header}.{theirs}.{signature}") == WRONG_SIGNATURE


async def test_huge_token_is_refused_though_its_signature_is_right() -> None:
    assert await refusal(token_of(name="x" * 8192)) == "The token is longer than 8192 characters."


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "ä.ö.ü", "\ud800", "W10.W10.", "[" * 8000], ids=ascii)
async def test_what_is_no_token_is_refused(token: str) -> None:
    assert await refusal(token) == "The token is malformed: sign in again."


@pytest.mark.parametrize(("lifetime", "remembered"), [(600, 60), (40, 40)])
async def test_checked_token_is_remembered_for_a_minute_and_never_past_its_end(
    monkeypatch: pytest.MonkeyPatch, lifetime: int, remembered: int
) -> None:
    start = int(time())
    clock = [float(start)]
    monkeypatch.setattr("app.auth.tokens.time", lambda: clock[0])
    tokens = Tokens(SETTINGS)
    token = token_of(seconds=lifetime)
    claims = await tokens.verify(token)
    tokens._secret = Tokens(OTHER_SETTINGS)._secret  # from here on, only memory can say yes

    clock[0] = start + remembered - 0.1
    assert await tokens.verify(token) is claims
    clock[0] = start + remembered
    assert await refusal(token, tokens) == WRONG_SIGNATURE


async def test_refused_and_expired_tokens_are_not_remembered() -> None:
    tokens = Tokens(SETTINGS)

    await tokens.verify(token_of(seconds=-10))
    await refusal(token_of(settings=OTHER_SETTINGS), tokens)

    assert len(tokens._checked) == 0


async def test_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.auth.tokens.CACHE_SIZE", 3)
    tokens = Tokens(SETTINGS)

    for number in range(5):
        await tokens.verify(token_of(f"person {number}"))

    assert {claims.subject for claims in tokens._checked.values()} == {"person 2", "person 3", "person 4"}


def test_server_without_a_key_is_refused() -> None:
    with pytest.raises(UnusableSigningKey, match="Set TRELLIS_JWT_SECRET or TRELLIS_JWKS_URL"):
        Tokens(Settings())


def test_signing_needs_a_secret() -> None:
    settings = Settings(jwks_url="https://identity.example/keys")

    with pytest.raises(UnusableSigningKey, match="Set TRELLIS_JWT_SECRET"):
        token_of(settings=settings)


def test_public_key_is_refused_as_the_secret() -> None:
    public_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    settings = Settings.model_validate({"jwt_secret": pem})

    with pytest.raises(UnusableSigningKey, match="openssl rand -hex 32"):
        Tokens(settings)
    with pytest.raises(UnusableSigningKey, match="openssl rand -hex 32"):
        token_of(settings=settings)


HEADER_NAMES = ["alg", "kid", "typ", "crit", "b64", "jwk", "zip"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text(st.characters(codec=None)) | st.lists(st.binary().map(encoded)).map(".".join))
async def test_any_text_is_refused(text: str) -> None:
    await refusal(text)


@given(st.dictionaries(st.sampled_from(HEADER_NAMES), ANY_JSON), st.booleans(), ANY_JSON, st.binary())
async def test_any_unsigned_json_is_refused(header: dict[str, Any], ours: bool, payload: object, mark: bytes) -> None:
    header |= {"alg": "HS256", "typ": "JWT"} if ours else {}

    await refusal(f"{encoded(header)}.{encoded(payload)}.{encoded(mark)}")


@given(st.integers(min_value=0), st.sampled_from(string.ascii_letters + string.digits + "-_.=+/ \0é"))
async def test_any_changed_character_is_refused(position: int, character: str) -> None:
    token = token_of()
    position %= len(token)
    changed = token[:position] + character + token[position + 1 :]

    if changed != token:
        await refusal(changed)
