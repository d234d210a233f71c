"""`trellis appoint`: an organization gets an owner, where its own cannot make one."""

import asyncio
from typing import Annotated

import typer

import app.schema  # noqa: F401  # every noun: what comes back with a member is read off the tables that are known
from app.config import DATA_DIRECTORY
from app.members import appoint as appointing
from app.migrations.migrate import connect_as_owner
from app.refusal import Refusal
from app.terminal.database import explained, reach_both
from app.terminal.options import DataOption
from app.terminal.person import Named, named_by, person_named, shown
from app.terminal.say import say
from app.users.find import Person


class AddressUnverified(Refusal):
    """Anybody may say that an address is theirs."""


def appoint(
    who: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom; or by their id.")],
    organization: Annotated[str, typer.Option(metavar="SLUG", help="Of which organization.")],
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Make somebody an owner of an organization, a member of it or not: when those that it has are gone.

    Owners make owners by themselves. Who has left comes back as the member they were.
    """
    named = named_by(who)
    with reach_both(data) as (owner_url, url), explained():
        person = asyncio.run(_find(owner_url, named))
        new = asyncio.run(appointing.appoint(url, person.id, organization))
    say(f"{shown(person)} is an owner of {organization} {'now' if new else 'already'}.")


async def _find(owner_url: str, named: Named) -> Person:
    """Raises AddressUnverified where the address that they are named by may be another's."""
    async with connect_as_owner(owner_url) as connection:
        person = await person_named(connection, named)
    if named.email_key and not person.owns_email:
        raise AddressUnverified(
            f"{shown(person)} says so and nobody vouches for it: ask them for the id that `viewer` tells them, and "
            f"name them by it if it is {person.id}"
        )
    return person
