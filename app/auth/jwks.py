"""The public keys that the identity provider publishes (RFC 7517), fetched when needed and kept while it is down."""

import asyncio
import logging
from ipaddress import ip_address
from ssl import SSLContext
from time import monotonic
from typing import Any

import httpx
import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from app.refusal import Refusal

KEYS_LIFETIME = 300.0  # seconds; how long a key that the provider has withdrawn can still be believed
REFETCH_INTERVAL = 30.0  # seconds; a flood of made-up key ids must not become a flood on the provider
RETRY_INTERVAL = 5.0  # seconds, while there is no key at all: nobody can sign in, so 30 would be too long an outage
FETCH_TIMEOUT = 5.0  # seconds for the whole answer, so that one byte at a time does not count as progress
LARGEST_KEY_SET = 1_000_000  # bytes; real ones have less than 20,000

logger = logging.getLogger("trellis")


class UnsafeKeySetAddress(Refusal):
    """The address of the key set would let somebody on the way swap the keys."""


class UnusableKeySet(Exception):
    """The provider answered, but not with keys."""


class PublishedKeys:
    """The keys behind one address.

    All callers share one fetch. It is a task of its own, so that a caller who goes away does not take it from the
    others. The next one starts REFETCH_INTERVAL after it at the earliest, whatever the reason: a key that the provider
    begins to use just after our last look is refused until then. Whose key is known never waits, so that a provider
    which hangs delays nobody who is signed in: a withdrawn key is believed until the answer is there that lacks it, and
    for as long as there is none.
    """

    def __init__(self, url: str) -> None:
        require_safe(url)
        self._url = url
        # Read here, because it takes 20 ms: too long for the event loop at each fetch.
        self._certificates = httpx.create_ssl_context()
        self._keys: tuple[PyJWK, ...] = ()
        self._stale_at = self._next_fetch = monotonic()
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> PyJWK | None:
        """The key with this id; without an id the only key there is; None if that names no key or several."""
        if self._should_fetch(key_id):
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch())
            if self._known(key_id) is None:
                await asyncio.shield(self._fetching)
        return self._known(key_id)

    def _should_fetch(self, key_id: str | None) -> bool:
        now = monotonic()
        return now >= self._next_fetch and (now >= self._stale_at or self._known(key_id) is None)

    def _known(self, key_id: str | None) -> PyJWK | None:
        candidates = [key for key in self._keys if key_id is None or key.key_id == key_id]
        return candidates[0] if len(candidates) == 1 else None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                self._keys = usable_keys(await download(self._url, self._certificates))
        except (httpx.HTTPError, OSError, ValueError, UnusableKeySet) as error:
            logger.warning("The signing keys of the identity provider could not be fetched: %r", error)
        else:
            self._stale_at = monotonic() + KEYS_LIFETIME
        finally:
            self._next_fetch = monotonic() + (REFETCH_INTERVAL if self._keys else RETRY_INTERVAL)


async def download(url: str, certificates: SSLContext) -> object:
    """The JSON at an address of the identity provider's. Raises httpx.HTTPError, ValueError and UnusableKeySet."""
    # No redirects: only the address that the operator wrote may name keys.
    # No compression: a small answer must stay small.
    async with (
        httpx.AsyncClient(verify=certificates, follow_redirects=False) as client,
        client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise UnusableKeySet(f"it answered {response.status_code}")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LARGEST_KEY_SET:
                raise UnusableKeySet(f"it answered more than {LARGEST_KEY_SET} bytes")
    document: object = orjson.loads(bytes(body))
    return document


def usable_keys(document: object) -> tuple[PyJWK, ...]:
    """The keys of a JWK set that can check signatures, each bound to one algorithm.

    Raises UnusableKeySet if there is none: that is taken for a fault, not for the wish to sign everybody out.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise UnusableKeySet("it answered something else than a JWK set")
    keys = tuple(key for entry in entries if (key := _signing_key(entry)) is not None)
    if not keys:
        raise UnusableKeySet("no key in it can check RS256, ES256 or EdDSA signatures")
    return keys


def _signing_key(entry: Any) -> PyJWK | None:
    """None for a key that is for encryption, of another kind, broken, weak, or private (its readers can sign too)."""
    algorithm = _algorithm(entry)
    if algorithm is None or "d" in entry:
        return None
    names = (algorithm, "Ed25519") if algorithm == "EdDSA" else (algorithm,)  # RFC 9864 §2.2 gives it a second one
    if entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) not in names:
        return None
    try:
        key = PyJWK(entry, algorithm)
    except PyJWTError:
        return None
    too_short = key.Algorithm.check_key_length(key.key)
    return None if too_short else key


def _algorithm(entry: Any) -> str | None:
    match entry:
        case {"kty": "RSA"}:
            return "RS256"
        case {"kty": "EC", "crv": "P-256"}:
            return "ES256"
        case {"kty": "OKP", "crv": "Ed25519"}:
            return "EdDSA"
    return None


def require_safe(address: str) -> None:
    """Raises UnsafeKeySetAddress where somebody on the way could answer in the provider's place."""
    if not is_safe(address):
        raise UnsafeKeySetAddress("TRELLIS_JWKS_URL must start with https:// (http:// only for loopback, as 127.0.0.1)")


def is_safe(address: str) -> bool:
    """Whether only the owner of the address can answer there: https, or http on loopback."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    return bool(url.host) and (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host)))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
