"""Brings a database to the newest schema and lets the server's role in. Servers that start together take turns."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError

from app import time_limits
from app.migrations.waiting import LOOK_EVERY, Waiting
from app.refusal import Refusal

PACKAGE = Path(__file__).parents[1]
EXTENSION = "vector"
TURN = 0x7472656C6C6973  # "trellis" in ASCII: the key of the advisory lock

# Whoever may become the owner can switch row-level security off, as can a superuser, who may become anybody.
POWERS = "SELECT rolbypassrls OR pg_has_role(oid, current_user, 'MEMBER') FROM pg_roles WHERE rolname = $1"


class DatabaseUnreachable(Refusal):
    """No connection as the owner: wrong address, wrong password, or no server."""


class RolesNotSeparate(Refusal):
    """The server would log in as a role that row-level security does not hold."""


class ExtensionMissing(Refusal):
    """PostgreSQL lacks pgvector, or the database does and the owner may not bring it in."""


class OwnerLacksPrivilege(Refusal):
    """The owner may not do what a migration asks for."""


class MigrationFailed(Refusal):
    """PostgreSQL did not do what a migration asks for, such as to give it a table that others use."""


def migrate(owner_url: str, runtime_url: str, tell: Callable[[str], None] = lambda _: None) -> None:
    """Runs the missing migrations as the role of `owner_url`, after which the role of `runtime_url` may use the tables.

    Makes that role where it is missing, with the password of its URL. Safe to call from several servers at once, and
    again where it failed. Calls `tell` with a line for each session that it has to wait for.
    """
    owner, runtime = make_url(owner_url), make_url(runtime_url)
    if owner.username == runtime.username:
        raise RolesNotSeparate(
            f"TRELLIS_DATABASE_OWNER_URL and TRELLIS_DATABASE_URL both name the role {owner.username}: let the second "
            "name a role of the server's own, which `trellis migrate` makes"
        )
    asyncio.run(_migrate(owner_url, owner, runtime, tell))


def alembic_config(owner_url: str) -> Config:
    """Alembic's settings, wherever Trellis is installed: beside the package in a checkout, inside it in a wheel."""
    places = (PACKAGE.parent / "alembic.ini", PACKAGE / "alembic.ini")
    config = Config(next(place for place in places if place.exists()))
    config.attributes["owner_url"] = owner_url  # an option of the file would read each % of a password as its own
    return config


async def _migrate(owner_url: str, owner: URL, runtime: URL, tell: Callable[[str], None]) -> None:
    async with connect_as_owner(owner_url) as connection:
        await _take_turn(connection, tell)
        await _make_extension(connection)
        try:
            await _make_login(connection, runtime)
            await _run_revisions(connection, owner_url, tell)
            await _let_in(connection, str(runtime.username))
        except asyncpg.InsufficientPrivilegeError as error:
            raise OwnerLacksPrivilege(
                f"The role {owner.username} may not do that ({error}): `ALTER ROLE {owner.username} CREATEROLE`, "
                "and let it own the database"
            ) from error


async def _run_revisions(connection: asyncpg.Connection, owner_url: str, tell: Callable[[str], None]) -> None:
    """In a thread, because Alembic is synchronous and its env.py runs a loop of its own."""
    waiting = Waiting(connection, tell)
    try:
        async with waiting.told():
            await asyncio.to_thread(command.upgrade, alembic_config(owner_url), "head")
    except CommandError as error:
        raise MigrationFailed(f"{error}: a newer version of Trellis has migrated this database, so run that") from error
    except DBAPIError as error:
        cause = error.orig and error.orig.__cause__
        if isinstance(cause, asyncpg.InsufficientPrivilegeError):
            raise cause from error
        reason = str(cause or error.orig).partition("\n")[0]
        if isinstance(cause, asyncpg.LockNotAvailableError) and waiting.awaited:
            reason += f" while it waited for {waiting.awaited}"
        raise MigrationFailed(
            f"A migration failed ({reason}): what it had begun is undone, so run `trellis migrate` again once that is"
            " mended"
        ) from error


@asynccontextmanager
async def connect_as_owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for the time of the block; raises DatabaseUnreachable."""
    try:
        connection = await asyncpg.connect(owner_url, timeout=time_limits.CONNECT)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        shown = make_url(owner_url).render_as_string(hide_password=True)
        raise DatabaseUnreachable(f"{shown} cannot be reached ({error}): check TRELLIS_DATABASE_OWNER_URL") from error
    try:
        yield connection
    finally:
        await connection.close()  # and gives back the turn


async def _take_turn(connection: asyncpg.Connection, tell: Callable[[str], None]) -> None:
    """Asks again and again instead of waiting in PostgreSQL: a statement that waits holds a snapshot, and CREATE INDEX
    CONCURRENTLY waits for all of those to go. The turn and the index would wait for each other, unseen by PostgreSQL.
    """
    loop = asyncio.get_running_loop()
    patience = loop.call_later(LOOK_EVERY, tell, "Waiting for another migration of this database to end")
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", TURN):  # noqa: ASYNC110  # PostgreSQL sends no event
        await asyncio.sleep(0.1)
    patience.cancel()


async def _make_extension(connection: asyncpg.Connection) -> None:
    try:
        await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    except asyncpg.InsufficientPrivilegeError as error:
        raise ExtensionMissing(
            f"The database lacks the extension {EXTENSION}, which only a superuser may add: let one run "
            f"`CREATE EXTENSION {EXTENSION}` in it"
        ) from error
    except (asyncpg.FeatureNotSupportedError, asyncpg.UndefinedFileError) as error:
        raise ExtensionMissing(
            f"PostgreSQL has no extension {EXTENSION}: install pgvector 0.8 or later beside it"
        ) from error


async def _make_login(connection: asyncpg.Connection, runtime: URL) -> None:
    powers = await connection.fetchval(POWERS, runtime.username)
    if powers:
        raise RolesNotSeparate(
            f"The role {runtime.username} of TRELLIS_DATABASE_URL gets around row-level security: name one that is no "
            "superuser, has no BYPASSRLS and is no member of the owner"
        )
    if powers is None:
        password = " PASSWORD %L" if runtime.password else ""
        form = f"SELECT format('CREATE ROLE %I LOGIN NOBYPASSRLS{password}', VARIADIC $1::text[])"
        await connection.execute(await connection.fetchval(form, [runtime.username, runtime.password or ""]))


async def _let_in(connection: asyncpg.Connection, role: str) -> None:
    if not await connection.fetchval("SELECT pg_has_role($1::name, 'trellis_runtime', 'MEMBER')", role):
        await connection.execute(
            await connection.fetchval("SELECT format('GRANT trellis_runtime TO %I', $1::text)", role)
        )
