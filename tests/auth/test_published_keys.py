"""Tokens signed with an identity provider's keys: which keys can sign what, and that none passes for a secret."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import time
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import OKPAlgorithm

from app.auth.claims import Claims, InvalidToken
from app.auth.jwks import UnusableKeySet, usable_keys
from app.auth.tokens import Tokens
from app.config import Settings

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
SECRET = "f" * 64
SIGNER = jwt.PyJWS()
SIGNER.register_algorithm("Ed25519", OKPAlgorithm())  # the name of RFC 9864, which PyJWT does not know

UNKNOWN_KEY = "The token is signed with a key that this server does not know: sign in again."
WRONG_ALGORITHM = "The token is signed with an algorithm that this server does not accept."
WRONG_SIGNATURE = "The signature of the token is wrong: sign in again."


def published(key: Any, algorithm: str, key_id: str = "x") -> dict[str, Any]:
    return jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True) | {"kid": key_id}


RSA_ENTRY = published(RSA.public_key(), "RS256", "rsa")
EC_ENTRY = published(EC.public_key(), "ES256", "ec")
ED_ENTRY = published(ED.public_key(), "EdDSA", "ed")
KEY_SET = orjson.dumps({"keys": [RSA_ENTRY, EC_ENTRY, ED_ENTRY]})


@pytest.fixture(scope="module")
def jwks_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("provider")
    (directory / "keys").write_bytes(KEY_SET)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=directory)) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}/keys"
        server.shutdown()


@pytest.fixture
def tokens(jwks_url: str) -> Tokens:
    return Tokens(Settings(jwks_url=jwks_url))


@pytest.fixture
def tokens_of_both_kinds(jwks_url: str) -> Tokens:
    return Tokens(Settings.model_validate({"jwks_url": jwks_url, "jwt_secret": SECRET}))


def token_of(key: Any, algorithm: str, key_id: str | None) -> str:
    claims = {"iss": "trellis", "aud": "trellis", "sub": "ada", "exp": int(time()) + 600}
    return SIGNER.encode(orjson.dumps(claims), key, algorithm, headers=None if key_id is None else {"kid": key_id})


def token_signed_with_bytes(secret: bytes) -> str:
    """An HS256 token that PyJWT would not make, because the secret is a public key."""
    claims = token_of(RSA, "RS256", "rsa").split(".")[1]
    signed = urlsafe_b64encode(b'{"alg":"HS256","kid":"rsa"}').rstrip(b"=") + b"." + claims.encode()
    mark = urlsafe_b64encode(hmac.digest(secret, signed, hashlib.sha256)).rstrip(b"=")
    return f"{signed.decode()}.{mark.decode()}"


async def refusal(tokens: Tokens, token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await tokens.verify(token)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "algorithm", "key_id"),
    [(RSA, "RS256", "rsa"), (EC, "ES256", "ec"), (ED, "EdDSA", "ed"), (ED, "Ed25519", "ed")],
    ids=["RSA", "EC", "EdDSA", "Ed25519"],
)
async def test_token_of_a_published_key_tells_who_is_calling(
    tokens: Tokens, key: Any, algorithm: str, key_id: str
) -> None:
    claims = await tokens.verify(token_of(key, algorithm, key_id))

    assert claims == Claims("ada", None, None, False, claims.expires_at)


async def test_secret_and_published_keys_work_side_by_side(tokens_of_both_kinds: Tokens) -> None:
    for token in (token_of(SECRET, "HS256", None), token_of(RSA, "RS256", "rsa")):
        assert (await tokens_of_both_kinds.verify(token)).subject == "ada"


PUBLIC_BYTES = {
    "RSA": RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "EC": EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "raw Ed25519": ED.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    "key set": KEY_SET,
    "key": orjson.dumps(RSA_ENTRY),
    "empty": b"",
}


@pytest.mark.parametrize("form", PUBLIC_BYTES)
async def test_public_keys_are_no_secrets(tokens: Tokens, tokens_of_both_kinds: Tokens, form: str) -> None:
    token = token_signed_with_bytes(PUBLIC_BYTES[form])

    assert await refusal(tokens, token) == WRONG_ALGORITHM
    assert await refusal(tokens_of_both_kinds, token) == WRONG_SIGNATURE


@pytest.mark.parametrize(
    ("key", "algorithm", "key_id", "reason"),
    [
        (RSA, "RS512", "rsa", WRONG_ALGORITHM),
        (RSA, "PS256", "rsa", WRONG_ALGORITHM),
        (RSA, "RS256", "ec", WRONG_ALGORITHM),
        (EC, "ES256", "rsa", WRONG_ALGORITHM),
        (None, "none", "rsa", WRONG_ALGORITHM),
        (SECRET, "HS256", "rsa", WRONG_ALGORITHM),
        (RSA, "RS256", "other", UNKNOWN_KEY),
        (RSA, "RS256", None, UNKNOWN_KEY),
        (rsa.generate_private_key(65537, 2048), "RS256", "rsa", WRONG_SIGNATURE),
    ],
    ids=["RS512", "PS256", "key of EC", "key of RSA", "none", "HS256", "unknown key", "no key", "stranger"],
)
async def test_token_must_fit_the_key_it_names(
    tokens: Tokens, key: Any, algorithm: str, key_id: str | None, reason: str
) -> None:
    assert await refusal(tokens, token_of(key, algorithm, key_id)) == reason


UNUSABLE: dict[str, Any] = {
    "for encryption": RSA_ENTRY | {"use": "enc"},
    "private": published(RSA, "RS256"),
    "symmetric": {"kty": "oct", "k": "A" * 64},
    "weak": published(rsa.generate_private_key(65537, 1024).public_key(), "RS256"),  # noqa: S505  # that is the point
    "another algorithm": RSA_ENTRY | {"alg": "RS512"},
    "HMAC with an RSA key": RSA_ENTRY | {"alg": "HS256"},
    "another curve": published(ec.generate_private_key(ec.SECP384R1()).public_key(), "ES384"),
    "another kind": {"kty": "lattice"},
    "strange kind": {"kty": ["RSA"], "crv": {}},
    "strange algorithm": RSA_ENTRY | {"alg": ["RS256"]},
    "strange use": RSA_ENTRY | {"use": ["sig"]},
    "broken": RSA_ENTRY | {"n": "?"},
    "wrong type": RSA_ENTRY | {"e": 65537},
    "incomplete": {"kty": "RSA"},
    "off the curve": EC_ENTRY | {"x": EC_ENTRY["y"]},
    "no object": 5,
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_key_that_cannot_check_signatures_is_skipped(kind: str) -> None:
    assert [key.key_id for key in usable_keys({"keys": [UNUSABLE[kind], ED_ENTRY]})] == ["ed"]
    with pytest.raises(UnusableKeySet):
        usable_keys({"keys": [UNUSABLE[kind]]})
