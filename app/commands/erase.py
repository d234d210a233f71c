"""`trellis erase`: what is known of somebody goes for good, and their work stays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import asyncpg
import typer

from app.config import DATA_DIRECTORY
from app.db.identity import ERASED, IDENTIFY
from app.db.statement import Fetch
from app.importer.connection import fetching
from app.migrations.migrate import connect_as_owner
from app.refusal import Refusal
from app.terminal.counting import listed
from app.terminal.database import explained, reach_both
from app.terminal.options import DataOption
from app.terminal.person import NOBODY, Named, NobodyFound, named_by, person_named, shown
from app.terminal.say import say
from app.users import erase as erasing
from app.users.find import Person


class LastOwner(Refusal):
    """An organization would have no owner."""


def erase(
    who: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom; by the id, where several have that address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Erase a person for good: what is known of them goes, and their work stays. It cannot be undone.

    It says first what it takes. What is not in the tables, such as backups, is yours to see to: docs/privacy.md.
    """
    named = named_by(who)
    with reach_both(data) as (owner_url, _), explained():
        person, taken = asyncio.run(_look(owner_url, named))
        say(f"Erasing {shown(person)} takes {taken}. This cannot be undone.")
        if not yes:
            typer.confirm("Erase?", abort=True)
        asyncio.run(_erase(owner_url, person.id))
    say("Erased. Memberships go with the next purge, within the hour, or by `trellis purge`.")


async def _look(owner_url: str, named: Named) -> tuple[Person, str]:
    """The person, and what erasing them takes."""
    async with connect_as_owner(owner_url) as connection:
        person = await person_named(connection, named)
    async with _acting(owner_url, person.id) as fetch:
        counts = await erasing.count_erased(fetch, person.id, None)
        if counts is None:
            raise NobodyFound(NOBODY)
        _require_owners(await erasing.names_of(fetch, counts.last_owner_of))
    return person, listed({name.removesuffix("s"): counts[name] for name in erasing.COUNTS})


async def _erase(owner_url: str, user_id: UUID) -> None:
    async with _acting(owner_url, user_id) as fetch:
        left = await erasing.erase(fetch, user_id, None, by=None, request_id=None)
        _require_owners(await erasing.names_of(fetch, left or []))


@asynccontextmanager
async def _acting(owner_url: str, user_id: UUID) -> AsyncIterator[Fetch]:
    """A transaction as the person, who may erase themselves, and who waits for what they are writing."""
    async with connect_as_owner(owner_url) as connection:
        await connection.execute("SET timezone = 'UTC'")
        async with connection.transaction():
            fetch = fetching(connection)
            try:
                await fetch(IDENTIFY, {"user_id": user_id})
            except asyncpg.PostgresError as error:
                if error.sqlstate != ERASED:
                    raise
                raise NobodyFound(NOBODY) from error
            yield fetch


def _require_owners(names: list[str]) -> None:
    if names:
        raise LastOwner(
            f"{', '.join(names)} would have no owner: make somebody else one before, by `trellis appoint EMAIL "
            "--organization SLUG`; where nobody is left that may be you, and you can delete it then"
        )
