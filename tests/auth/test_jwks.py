"""The identity provider's keys: a real HTTP server on loopback that publishes them, rotates them, and fails."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from app.auth.jwks import PublishedKeys, UnsafeKeySetAddress


def key_set(*key_ids: str) -> bytes:
    public_key = Ed25519PrivateKey.generate().public_key()
    return orjson.dumps({"keys": [OKPAlgorithm.to_jwk(public_key, as_dict=True) | {"kid": name} for name in key_ids]})


class IdentityProvider:
    """Answers every request with `status`, `header` and `body`, after `delay` seconds, and counts them."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.header = "Content-Type: application/json"
        self.body = key_set("first", "second")
        self.delay = 0.0
        self.requests = 0
        self._port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/keys"

    async def stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        await asyncio.sleep(self.delay)
        head = f"HTTP/1.1 {self.status}\r\n{self.header}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        writer.write(head.encode() + self.body)
        writer.close()


class Clock:
    """The time that key sets live by; it moves only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("app.auth.jwks.monotonic", clock)
    return clock


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    provider = IdentityProvider()
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
def keys(provider: IdentityProvider) -> PublishedKeys:
    return PublishedKeys(provider.url)


async def found(keys: PublishedKeys, key_id: str | None) -> str | None:
    key = await keys.find(key_id)
    return None if key is None else key.key_id


async def test_key_is_found_by_its_id(provider: IdentityProvider, keys: PublishedKeys) -> None:
    assert [await found(keys, name) for name in ("first", "second", "third")] == ["first", "second", None]
    assert provider.requests == 1


async def test_key_without_an_id_is_the_only_one(provider: IdentityProvider, keys: PublishedKeys, clock: Clock) -> None:
    assert await found(keys, None) is None

    provider.body = key_set("lonely")
    clock.now += 300

    assert await found(keys, None) == "lonely"


async def test_id_of_two_keys_names_none(provider: IdentityProvider, keys: PublishedKeys) -> None:
    provider.body = key_set("twin", "twin")

    assert await found(keys, "twin") is None


async def test_unknown_id_is_looked_for_once_in_thirty_seconds(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock
) -> None:
    await keys.find("first")

    for seconds, requests in ((0, 1), (29.9, 1), (0.1, 2), (29.9, 2), (0.1, 3)):
        clock.now += seconds
        assert [await found(keys, f"made up {number}") for number in range(3)] == [None, None, None]
        assert provider.requests == requests


async def test_rotated_key_is_picked_up_and_the_old_one_dropped(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock
) -> None:
    await keys.find("first")
    provider.body = key_set("second", "third")
    clock.now += 30

    assert [await found(keys, name) for name in ("third", "second", "first")] == ["third", "second", None]
    assert provider.requests == 2


async def test_keys_are_fetched_again_after_five_minutes(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock
) -> None:
    await keys.find("first")
    provider.body = key_set("second")

    clock.now += 299.9
    assert (await found(keys, "first"), provider.requests) == ("first", 1)
    clock.now += 0.1
    assert await found(keys, "first") == "first"  # which asks for them
    assert (await found(keys, "made up"), await found(keys, "first"), provider.requests) == (None, None, 2)


async def test_concurrent_callers_share_one_fetch(provider: IdentityProvider, keys: PublishedKeys) -> None:
    provider.delay = 0.05

    names = await asyncio.gather(*(found(keys, name) for name in ["first", "second", "third"] * 20))

    assert names == ["first", "second", None] * 20
    assert provider.requests == 1


async def test_caller_who_goes_away_does_not_take_the_fetch_along(
    provider: IdentityProvider, keys: PublishedKeys
) -> None:
    provider.delay = 0.05
    first, second = asyncio.create_task(found(keys, "first")), asyncio.create_task(found(keys, "second"))
    await asyncio.sleep(0.02)

    first.cancel()

    assert await second == "second"
    assert first.cancelled()
    assert provider.requests == 1


# Where a fault hides a good answer, that answer has no key "first": whoever believed it would lose "first".
FAULTS: dict[str, dict[str, Any]] = {
    "error": {"status": "500 Internal Server Error", "body": key_set("other")},
    "no HTTP": {"status": "\0", "body": key_set("other")},
    "deep JSON": {"body": b"[" * 100_000},
    "wrong key set": {"body": b'{"keys": {}}'},
    "no keys": {"body": b'{"keys": []}'},
    "too large": {"body": key_set("other") + b" " * 1_000_000},
    "compressed": {"header": "Content-Encoding: gzip", "body": gzip.compress(key_set("other"))},
    "slow": {"delay": 0.3, "body": key_set("other")},
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_old_keys_go_on_while_the_provider_fails(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    await keys.find("first")
    monkeypatch.setattr("app.auth.jwks.FETCH_TIMEOUT", 0.1)
    vars(provider).update(FAULTS[fault])

    clock.now += 100_000

    assert [await found(keys, name) for name in ("first", "second", "other")] == ["first", "second", None]
    assert provider.requests == 2


async def test_old_keys_go_on_when_the_provider_is_gone(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock
) -> None:
    await keys.find("first")
    await provider.stop()
    clock.now += 100_000

    assert (await found(keys, "first"), await found(keys, "other")) == ("first", None)


async def test_known_keys_do_not_wait_for_a_provider_that_hangs(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.find("first")
    monkeypatch.setattr("app.auth.jwks.FETCH_TIMEOUT", 1.0)
    provider.delay = 1.5
    clock.now += 100_000

    async with asyncio.timeout(0.5):
        assert [await found(keys, name) for name in ("first", "second", "first")] == ["first", "second", "first"]
    assert await found(keys, "other") is None  # after the second that is waited for
    assert provider.requests == 2


async def test_known_keys_do_not_wait_for_a_failing_provider(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock
) -> None:
    await keys.find("first")
    provider.status = "503 Service Unavailable"
    clock.now += 300
    await keys.find("made up")
    provider.status, provider.body, provider.delay = "200 OK", key_set("third"), 0.05
    clock.now += 30

    assert await found(keys, "first") == "first"  # at once: the answer that withdraws it is still on its way
    assert await found(keys, "third") == "third"
    assert await found(keys, "first") is None
    assert provider.requests == 3


async def test_provider_that_is_down_at_the_start_is_asked_again_after_five_seconds(
    provider: IdentityProvider, keys: PublishedKeys, clock: Clock
) -> None:
    await provider.stop()
    assert await found(keys, "first") is None
    await provider.start()

    clock.now += 4.9
    assert (await found(keys, "first"), provider.requests) == (None, 0)
    clock.now += 0.1
    assert (await found(keys, "first"), provider.requests) == ("first", 1)


async def test_redirects_are_not_followed(provider: IdentityProvider, keys: PublishedKeys) -> None:
    elsewhere = IdentityProvider()
    await elsewhere.start()
    provider.status, provider.header = "302 Found", f"Location: {elsewhere.url}"

    assert await found(keys, "first") is None

    assert (provider.requests, elsewhere.requests) == (1, 0)
    await elsewhere.stop()


@pytest.mark.parametrize("url", ["https://id.example/keys", "http://localhost:1", "http://127.0.0.9/", "http://[::1]/"])
def test_address_that_only_its_owner_can_answer_is_accepted(url: str) -> None:
    PublishedKeys(url)


@pytest.mark.parametrize(
    "url", ["http://id.example", "http://127.0.0.1.id.example", "ftp://127.0.0.1", "https://", "["]
)
def test_address_that_others_could_answer_is_refused(url: str) -> None:
    with pytest.raises(UnsafeKeySetAddress, match="must start with https://"):
        PublishedKeys(url)
