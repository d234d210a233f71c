"""`trellis dev`: everything on this machine, from nothing."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import uvicorn
from rich.console import Console

from app.auth.development import make_development_secret
from app.auth.tokens import sign
from app.config import DATA_DIRECTORY, Settings
from app.demo.first import load_first_demo
from app.log import start_logging
from app.main import create_app
from app.migrations.migrate import migrate
from app.postgres import embedded
from app.serving.http_protocol import UVICORN
from app.serving.listen import listening
from app.terminal.environment import database_urls, read_settings
from app.terminal.options import DataOption, HostOption, PortOption

DEMO_EMAIL = "owner@example.com"
DEMO_TTL = timedelta(days=30)
SECONDS_TO_FINISH = 2  # for requests under way at Ctrl-C


class AnnouncingServer(uvicorn.Server):
    """Says so when it is ready, which is later than when it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.announce()


def dev(data: DataOption = DATA_DIRECTORY, host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Run everything on this machine: PostgreSQL, tables, a demo, the server and GraphiQL. Ctrl-C ends it all."""
    console = Console()
    start_logging(readable=True)
    with listening(read_settings(), host, port) as sockets, ExitStack() as stack:
        with console.status("Starting PostgreSQL and bringing its tables up to date"):
            database_url = stack.enter_context(_migrated_database(data))
        settings = _settings(data, database_url)
        token = sign(settings, subject=DEMO_EMAIL, email=DEMO_EMAIL, name=None, ttl=DEMO_TTL)
        config = uvicorn.Config(
            create_app(settings, token=token, loopback=True),
            log_level="warning",
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            **UVICORN,
        )
        AnnouncingServer(config, lambda: _announce(console, sockets[0], token)).run(sockets=sockets)


@contextmanager
def _migrated_database(data: Path) -> Iterator[str]:
    """The URL that the server logs in with: of the database that the environment names, or of the embedded one."""
    with ExitStack() as stack:
        urls = database_urls(read_settings())
        if urls is None:
            addresses = stack.enter_context(embedded.run(data))
            migrate(addresses.owner_url, addresses.runtime_url)
            asyncio.run(load_first_demo(addresses.runtime_url))
            yield addresses.runtime_url
        else:
            migrate(*urls)
            yield urls[1]


def _settings(data: Path, database_url: str) -> Settings:
    settings = read_settings(database_url=database_url)
    secret = settings.jwt_secret or make_development_secret(data)
    # What the environment says goes before what development likes.
    liked = {name: True for name in ("playground", "debug") if name not in settings.model_fields_set}
    return read_settings(database_url=database_url, jwt_secret=secret, **liked)


def _announce(console: Console, listener: socket.socket, token: str) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    console.print(f"Trellis is ready at http://{shown}:{port}/graphql", soft_wrap=True, markup=False)
    console.print(f"Sign in as {DEMO_EMAIL} with the header", markup=False)
    console.print(f"Authorization: Bearer {token}", soft_wrap=True, markup=False, highlight=False)
