"""`python -m benchmarks.rates`: what the limits on rates cost the small query, in CPU of the server."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import uvloop
from pydantic import RedisDsn, SecretStr
from starlette.applications import Starlette

from app.auth.tokens import sign
from app.config import Settings
from app.demo.first import load_first_demo
from app.graph.charge import NO_CHARGE
from app.http import endpoint as module
from app.http.rate_limit import RequestMeter
from app.main import create_app
from app.migrations.migrate import migrate
from app.postgres import embedded
from app.rates.limiter import Rates
from benchmarks.contenders import DOCUMENTS

ROUNDS, REQUESTS = 200, 40
READER = "owner@example.com"  # of the demo
FREE, MEMORY, REDIS = "without limits", "in memory", "in Redis"


class FreeMeter:
    """A meter that nothing is put on: what a server without limits would have in its place."""

    charge = NO_CHARGE

    def __init__(self, *_: object) -> None:
        pass

    def check_failures(self) -> None:
        pass

    def open(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass

    async def enter(self) -> None:
        pass

    async def pay(self, *_: object, **__: object) -> None:
        pass

    def headers(self) -> dict[str, str]:
        return {}


class Client:
    """Asks the application the small query, with nothing in between."""

    def __init__(self, app: Starlette, settings: Settings) -> None:
        token = sign(settings, subject=READER, email=READER, name=None, ttl=timedelta(hours=1))
        document = (DOCUMENTS / "trellis" / "small.graphql").read_text()
        self.app = app
        self.body = json.dumps({"query": document, "variables": {"slug": "acme"}}).encode()
        self.headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
        self.answers: set[bytes] = set()

    async def ask(self) -> None:
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": self.headers}
        self.sent = False
        await self.app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if self.sent:
            await asyncio.Event().wait()  # a client that neither sends more nor hangs up
        self.sent = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.answers.add(message["body"])


async def measure(database_url: str, redis_url: str | None) -> dict[str, float]:
    """The least CPU of a request in any round, in seconds; all variants are asked in turn, so that a bad moment of the
    machine hits all of them."""
    settings = Settings(database_url=database_url, jwt_secret=SecretStr("x" * 32), rate_limit=10**9)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        endpoint, client = app.state.endpoint, Client(app, settings)
        variants: dict[str, Any] = {FREE: (FreeMeter, None), MEMORY: (RequestMeter, Rates(settings))}
        if redis_url:
            variants[REDIS] = (RequestMeter, Rates(settings.model_copy(update={"redis_url": RedisDsn(redis_url)})))
        least = dict.fromkeys(variants, 1.0)
        for _ in range(ROUNDS):
            for name, (meter, rates) in variants.items():
                setattr(module, "RequestMeter", meter)  # noqa: B010  # in place of the one that is imported there
                endpoint.rates = rates
                c = await _cpu(client)
                least[name] = min(least[name], c)
        for _, rates in variants.values():
            if rates is not None:
                await rates.close()
    [answer] = client.answers
    assert json.loads(answer)["data"]["organization"]["slug"] == "acme"  # noqa: S101  # a script
    return least


async def _cpu(client: Client) -> float:
    await client.ask()
    started = process_time()
    for _ in range(REQUESTS):
        await client.ask()
    return (process_time() - started) / REQUESTS


@contextmanager
def redis() -> Iterator[str | None]:
    """Where a Redis of our own is; None where there is none to start."""
    if shutil.which("redis-server") is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(["redis-server", "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="trellis-benchmark-")))
        addresses = stack.enter_context(embedded.run(directory, durable=False))
        migrate(addresses.owner_url, addresses.runtime_url)
        asyncio.run(load_first_demo(addresses.runtime_url))
        redis_url = stack.enter_context(redis())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            least = runner.run(measure(addresses.runtime_url, redis_url))
    for name, seconds in least.items():
        print(f"{name:>15}: {seconds * 1e6:5.0f} µs of CPU a request, {seconds / least[FREE] - 1:+.1%}")


if __name__ == "__main__":
    main()
