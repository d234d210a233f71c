"""The database that a command works on, as the server's role, and why it cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from app.db.engine import LOST, DatabaseUnavailable
from app.db.too_slow import TIMED_OUT
from app.migrations.migrate import migrate
from app.postgres import embedded
from app.postgres.server import Addresses
from app.refusal import Refusal
from app.terminal.environment import database_urls, read_settings


class NoDatabase(Refusal):
    """The environment names none, and there is none in the data directory."""


class DatabaseUnusable(Refusal):
    """It cannot be reached, or no longer, or lacks the tables."""


@contextmanager
def reach_database(data: Path, *, make: bool = False) -> Iterator[str]:
    """The URL of the database that the environment names, or of the embedded one."""
    settings = read_settings()
    if settings.database_url:
        yield settings.database_url
        return
    with reach_embedded(data, make=make) as addresses:
        yield addresses.runtime_url


@contextmanager
def reach_both(data: Path) -> Iterator[tuple[str, str]]:
    """The same as the owner of the tables finds it, and as the server does."""
    urls = database_urls(read_settings())
    if urls is not None:
        yield urls
        return
    with reach_embedded(data) as addresses:
        yield addresses.owner_url, addresses.runtime_url


@contextmanager
def reach_embedded(data: Path, *, make: bool = False) -> Iterator[Addresses]:
    """The embedded database, brought up to date; raises NoDatabase where it has never been, unless it may `make` it."""
    if not make and not embedded.exists(data):
        raise NoDatabase(
            f"There is no database in {data}: run `trellis dev` first, name its directory with --data, or set "
            "TRELLIS_DATABASE_URL"
        )
    with embedded.borrow(data) as addresses:
        migrate(addresses.owner_url, addresses.runtime_url)
        yield addresses


@contextmanager
def explained() -> Iterator[None]:
    """Makes of what a database does not do a line for people."""
    try:
        yield
    except (DatabaseUnavailable, *LOST) as error:
        raise DatabaseUnusable(f"{unreachable(error)}; what is done stays done, so run the command again") from error
    except TIMED_OUT as error:
        raise DatabaseUnusable(
            f"The database took too long ({error}), as while others write a lot: what is done stays done, so run the "
            "command again"
        ) from error
    except (asyncpg.UndefinedFunctionError, asyncpg.UndefinedTableError) as error:
        raise DatabaseUnusable("The database lacks Trellis's tables: run `trellis migrate` first") from error


def unreachable(error: BaseException) -> str:
    """Why there is no connection, in the words of whoever refused it."""
    cause = error.__cause__ or error
    return f"The database cannot be reached ({str(cause) or type(cause).__name__}): check TRELLIS_DATABASE_URL"
