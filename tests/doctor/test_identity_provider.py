"""`trellis doctor` and the identity provider: its keys, what it calls itself, and which audience is asked for."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import orjson
import pytest

from app.config import Settings
from app.doctor.identity_provider import of_identity_provider
from tests.auth.test_published_keys import KEY_SET

KEYS = "ok The identity provider publishes 3 keys for tokens: 1 of RS256, 1 of ES256, 1 of EdDSA"


class Provider:
    """A real HTTP server: what it publishes are files."""

    def __init__(self, directory: Path, address: str) -> None:
        self.directory = directory
        self.address = address
        (directory / "keys").write_bytes(KEY_SET)

    def calls_itself(self, issuer: str, keys: str = "keys") -> None:
        (self.directory / ".well-known").mkdir()
        document = {"issuer": issuer, "jwks_uri": f"{self.address}/{keys}"}
        (self.directory / ".well-known/openid-configuration").write_bytes(orjson.dumps(document))


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield Provider(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


async def found(provider: Provider, *, keys: str = "keys", issuer: str, audience: str = "acme") -> list[str]:
    settings = Settings(jwks_url=f"{provider.address}/{keys}", jwt_issuer=issuer, jwt_audience=audience)
    return [f"{'ok' if one.well else 'WRONG'} {one.text}" for one in await of_identity_provider(settings)]


async def test_one_that_fits_is_told_so(provider: Provider) -> None:
    provider.calls_itself(provider.address)
    assert await found(provider, issuer=provider.address) == [
        KEYS,
        f"ok The identity provider calls itself {provider.address}, as TRELLIS_JWT_ISSUER does",
        "ok Tokens must have acme in `aud`",
    ]


@pytest.mark.parametrize(("ours", "theirs"), [("/", ""), ("", "/")])
async def test_a_slash_that_differs_is_named(provider: Provider, ours: str, theirs: str) -> None:
    provider.calls_itself(provider.address + theirs)
    _, issuer, _ = await found(provider, issuer=provider.address + ours)
    assert issuer == (
        f"WRONG TRELLIS_JWT_ISSUER is {provider.address}{ours}, and the provider calls itself "
        f"{provider.address}{theirs} (it differs only by a slash): set it to that"
    )


async def test_another_name_and_other_keys_are_named(provider: Provider) -> None:
    provider.calls_itself("https://elsewhere.example", "others")
    _, issuer, keys, _ = await found(provider, issuer=provider.address)
    assert issuer == (
        f"WRONG TRELLIS_JWT_ISSUER is {provider.address}, and the provider calls itself https://elsewhere.example: "
        "set it to that"
    )
    assert keys == (
        f"WRONG TRELLIS_JWKS_URL is {provider.address}/keys, and the provider signs with the keys at "
        f"{provider.address}/others: set it to that"
    )


async def test_missing_keys_and_forgotten_settings_are_named(provider: Provider) -> None:
    keys, issuer, audience = await found(provider, keys="nothing", issuer="trellis", audience="trellis")
    assert keys == (
        f"WRONG There are no keys at TRELLIS_JWKS_URL, {provider.address}/nothing (it answered 404): nobody can sign in"
    )
    assert issuer.startswith("WRONG TRELLIS_JWT_ISSUER is not set")
    assert audience == "ok TRELLIS_JWT_AUDIENCE is `trellis`: see that the provider writes it into `aud`"


async def test_one_that_tells_nothing_of_itself_is_well(provider: Provider) -> None:
    _, issuer, _ = await found(provider, issuer=provider.address)
    assert issuer == f"ok Tokens must have {provider.address} in `iss`, which tells nothing of itself (it answered 404)"


async def test_without_a_provider_there_is_nobody_to_ask() -> None:
    assert await of_identity_provider(Settings()) == []
