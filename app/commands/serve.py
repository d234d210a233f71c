"""`trellis serve`: the server in production, which refuses to start on anything made for development."""

import asyncio
import math
import socket
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
import uvicorn

from app.auth.development import is_development_secret
from app.auth.tokens import Tokens
from app.config import Settings
from app.db.engine import Database, DatabaseUnavailable
from app.db.runtime_role import held_role
from app.embedders.embedder import Embedder
from app.embedders.preload import preload
from app.log import log, start_logging
from app.main import create_app
from app.metrics.workers import meeting_place
from app.operations.manifest import read_manifests
from app.serving.http_protocol import UVICORN
from app.serving.listen import listening
from app.serving.workers import BROKEN, Beat, Workers
from app.terminal.environment import UnusableSettings, misspelt, read_settings
from app.terminal.options import HostOption, PortOption
from app.time_limits import SHUTDOWN


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the port.")] = 1,
) -> None:
    """Serve in production: the database and the signing key come from the environment."""
    settings = production_settings()
    asyncio.run(require_held_role(settings))
    start_logging()
    with listening(settings, host, port) as sockets:
        address, *told = ("{}:{}".format(*one.getsockname()[:2]) for one in sockets)
        log.info("listening", address=address, **({"metrics": told[0]} if told else {}))
        if workers == 1:
            run_server(sockets)
        else:
            sys.exit(run_workers(workers, settings, sockets))


def run_workers(amount: int, settings: Settings, sockets: list[socket.socket]) -> int:
    """Serves in so many processes; answers how this one shall exit."""
    preloaded = preload(settings)
    with meeting_place() if settings.tells_metrics else nullcontext() as directory:

        def work(beat: Beat) -> None:
            run_server(sockets, preloaded, beat, directory)

        return Workers(amount, work, seconds_to_finish=seconds_to_finish(settings)).run()


def run_server(
    sockets: list[socket.socket],
    preloaded: Embedder | None = None,
    beat: Beat | None = None,
    directory: Path | None = None,
) -> None:
    """Serves in this process until SIGTERM or SIGINT, from the same environment as all workers; exits where it cannot.

    `beat` is called once a second for as long as the event loop runs; in `directory` workers meet each other.
    """

    async def notify() -> None:
        if beat is not None:
            beat()

    settings = production_settings()
    config = uvicorn.Config(
        create_app(settings, preloaded=preloaded, meeting_place=directory),
        log_level="info",
        timeout_graceful_shutdown=seconds_to_finish(settings),
        timeout_notify=0,
        callback_notify=notify,
        **UVICORN,
    )
    server = uvicorn.Server(config)
    server.run(sockets=sockets)
    if not server.started:
        sys.exit(BROKEN)


def seconds_to_finish(settings: Settings) -> int:
    """How long what is under way may take once the server is told to stop."""
    return math.ceil(settings.longest_request + SHUTDOWN)


async def require_held_role(settings: Settings) -> None:
    """Raises RoleNotHeld, where the database says so: a server may start before it does."""
    database = Database.open(settings)
    try:
        async with database.lent() as connection:
            await held_role(connection)
    except (DatabaseUnavailable, asyncpg.PostgresError):
        return
    finally:
        await database.close()


def production_settings() -> Settings:
    """The environment's settings; raises UnusableSettings with a line for each that is not fit for production."""
    settings = read_settings()
    problems = list(misspelt())
    if settings.database_url is None:
        problems.append(
            "Set TRELLIS_DATABASE_URL: postgresql://trellis:password@host/trellis, as the role that owns nothing"
        )
    if settings.jwt_secret is None and settings.jwks_url is None:
        problems.append(
            "Set TRELLIS_JWT_SECRET (try `openssl rand -hex 32`) or TRELLIS_JWKS_URL: they check who is calling"
        )
    if settings.jwt_secret and is_development_secret(settings.jwt_secret.get_secret_value()):
        problems.append(
            "TRELLIS_JWT_SECRET is a development secret of `trellis dev`: make one with `openssl rand -hex 32`"
        )
    if problems:
        raise UnusableSettings("\n".join(problems))
    Tokens(settings)  # refuses a key that is not fit to be one
    read_manifests(settings.manifests)  # as each worker will, which could not say in one line what is wrong
    introspection = settings.introspection and "introspection" in settings.model_fields_set
    # What an operation costs is for developers: the environment cannot show it to everybody.
    return settings.model_copy(update={"introspection": introspection, "debug": False})
