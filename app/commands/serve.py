"""`trellis serve`: the server in production, which refuses to start on anything made for development."""

import asyncio
import math
from typing import Annotated

import asyncpg
import typer
import uvicorn
from starlette.applications import Starlette

from app.auth.tokens import Tokens
from app.commands.development import is_development_secret
from app.commands.environment import UnusableSettings, misspelt, read_settings
from app.commands.http_protocol import UVICORN
from app.commands.listen import listen
from app.commands.options import HostOption, PortOption
from app.config import Settings
from app.db.engine import Database, DatabaseUnavailable
from app.db.runtime_role import held_role
from app.log import start_logging
from app.main import create_app
from app.operations.manifest import read_manifests
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
    listen(host, port).close()  # uvicorn would tell of a taken port once per worker
    uvicorn.run(
        "app.commands.serve:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="info",
        timeout_graceful_shutdown=math.ceil(settings.longest_request + SHUTDOWN),
        **UVICORN,
    )


def application() -> Starlette:
    """What each worker runs, made in the worker from the same environment."""
    start_logging()
    return create_app(production_settings())


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
