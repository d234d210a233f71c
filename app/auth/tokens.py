"""Bearer tokens (JWT, RFC 7519): who a token says is calling, and development tokens for `trellis token`."""

from copy import copy
from datetime import timedelta
from hashlib import sha256
from time import time
from typing import Any

import jwt
from cachetools import TLRUCache
from jwt.algorithms import HMACAlgorithm
from pydantic import SecretStr

from app.auth.claims import Claims, InvalidToken, claims_of
from app.auth.jwks import PublishedKeys
from app.config import Settings
from app.refusal import Refusal

LONGEST_TOKEN = 8192  # characters; what proxies allow in a header line
LEEWAY = 30.0  # seconds; clocks kept by NTP differ by far less, those of sleeping virtual machines by some seconds
CACHE_LIFETIME = 60.0  # seconds; how long a token outlives the withdrawal of the key that signed it
CACHE_SIZE = 10_000  # tokens; 6 MB when full

FOREIGN_KEY_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c"})
TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
MALFORMED = "The token is malformed: sign in again."
REASONS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "The token has expired: sign in again.",
    jwt.ImmatureSignatureError: "The token is not valid yet: check the clock of the machine that issued it.",
    jwt.InvalidAudienceError: "The token is for another audience: ask for one for this server.",
    jwt.InvalidIssuerError: "The token comes from an issuer that this server does not trust.",
    jwt.InvalidAlgorithmError: "The token is signed with an algorithm that this server does not accept.",
    jwt.InvalidSignatureError: "The signature of the token is wrong: sign in again.",
}


class UnusableSigningKey(Refusal):
    """The settings name no key that tokens can be signed or checked with."""


class Tokens:
    """Checks tokens with the keys that the settings name; one object per process, for one event loop.

    What a token may be signed with is decided here and by the key, never by the token: each key is bound to one
    algorithm, HS256 for the secret and the one of its type for a published key, so that a public key can never be
    taken for an HMAC secret.

    A checked token is remembered by its hash, until it expires and for a minute at most: 2 µs a request instead of
    60 (HS256), 80 (RS256), 100 (ES256) or 110 (EdDSA). Refusals are not, so that strangers cannot push members out.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.jwt_secret is None and settings.jwks_url is None:
            raise UnusableSigningKey(
                "Set TRELLIS_JWT_SECRET or TRELLIS_JWKS_URL: no token can be checked without a key."
            )
        self._secret = None if settings.jwt_secret is None else _secret_key(settings.jwt_secret)
        self._published = None if settings.jwks_url is None else PublishedKeys(settings.jwks_url)
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._names = settings.jwt_email_claim, settings.jwt_verified_claim, settings.jwt_name_claim
        self._checked: TLRUCache[bytes, Claims, float] = TLRUCache(CACHE_SIZE, ttu=_forget_at, timer=time)

    async def verify(self, token: str) -> Claims:
        """What the token says of its bearer; raises InvalidToken and nothing else."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken(f"The token is longer than {LONGEST_TOKEN} characters.")
        if not token.isascii():
            raise InvalidToken(MALFORMED)
        digest = sha256(token.encode()).digest()
        claims = self._checked.get(digest)
        if claims is None:
            claims = self._checked[digest] = await self._check(token)
        return claims

    async def _check(self, token: str) -> Claims:
        try:
            key = await self._key(jwt.get_unverified_header(token))
            payload = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "sub"], "enforce_minimum_key_length": True},
            )
        except jwt.MissingRequiredClaimError as error:
            raise InvalidToken(f"The token lacks the claim `{error.claim}`.") from None
        except jwt.PyJWTError as error:
            raise InvalidToken(REASONS.get(type(error), MALFORMED) + self._hint(error, token)) from None
        return claims_of(payload, *self._names)

    def _hint(self, error: jwt.PyJWTError, token: str) -> str:
        """What is easily overlooked, of a token that is rightly signed: its issuer's or audience's last letter."""
        if isinstance(error, jwt.InvalidIssuerError):
            claim, expected = "iss", self._issuer
        elif isinstance(error, jwt.InvalidAudienceError):
            claim, expected = "aud", self._audience
        else:
            return ""
        said = jwt.decode(token, options={"verify_signature": False}).get(claim)
        nearly = any(near(one, expected) for one in (said if isinstance(said, list) else [said]))
        return f" Its claim `{claim}` differs only by a slash at the end." if nearly else ""

    async def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        """The one key of ours that could have signed a token with this header."""
        _require_plain(header)
        algorithm = header.get("alg")
        if algorithm == "HS256" and self._secret is not None:
            return self._secret
        if algorithm not in ("RS256", "ES256", "EdDSA", "Ed25519") or self._published is None:
            raise jwt.InvalidAlgorithmError
        key = await self._published.find(header.get("kid"))
        if key is None:
            raise InvalidToken("The token is signed with a key that this server does not know: sign in again.")
        if algorithm == "Ed25519" and key.algorithm_name == "EdDSA":  # one algorithm, two names: RFC 9864 §2.2
            key = copy(key)
            key.algorithm_name = algorithm
        return key


def near(one: object, other: str) -> bool:
    """Whether two names differ only by a slash at the end."""
    return isinstance(one, str) and one != other and one.rstrip("/") == other.rstrip("/")


def sign(settings: Settings, *, subject: str, email: str | None, name: str | None, ttl: timedelta) -> str:
    """A development token, signed with the secret of the settings; raises UnusableSigningKey where there is none."""
    if settings.jwt_secret is None:
        raise UnusableSigningKey("Set TRELLIS_JWT_SECRET: the keys behind TRELLIS_JWKS_URL cannot sign tokens.")
    now = int(time())
    claims: dict[str, object] = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "sub": subject,
        "iat": now,
        "exp": now + int(ttl.total_seconds()),
    }
    if email is not None:
        claims |= {settings.jwt_email_claim: email, settings.jwt_verified_claim: True}
    if name is not None:
        claims[settings.jwt_name_claim] = name
    return jwt.encode(claims, _secret_key(settings.jwt_secret))


def _secret_key(secret: SecretStr) -> jwt.PyJWK:
    key = jwt.PyJWK(HMACAlgorithm.to_jwk(secret.get_secret_value(), as_dict=True), "HS256")
    try:
        # With a public key for a secret, everybody who knows it could sign: PyJWT refuses that, here before any token.
        key.Algorithm.prepare_key(key.key)
    except jwt.InvalidKeyError:
        raise UnusableSigningKey(
            "TRELLIS_JWT_SECRET holds a public or private key: try `openssl rand -hex 32`."
        ) from None
    return key


def _forget_at(_digest: bytes, claims: Claims, now: float) -> float:
    return min(claims.expires_at, now + CACHE_LIFETIME)


def _require_plain(header: dict[str, Any]) -> None:
    """Refuses a token that brings its own key, and one of another type: logout tokens have the same `iss` and `aud`."""
    if not FOREIGN_KEY_HEADERS.isdisjoint(header):
        raise InvalidToken("The token names its own key: only the keys of this server's settings are believed.")
    if str(header.get("typ", "JWT")).lower() not in TOKEN_TYPES:
        raise InvalidToken("The token is of another type than an access or identity token.")
