"""Whom a command means: somebody's e-mail address or id, as whoever runs the server gives it."""

from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import typer

from app.auth.email import InvalidEmail, email_key, parse_email
from app.importer.connection import fetching
from app.refusal import Refusal
from app.terminal.counting import counted
from app.users.find import Person, people_named

NOBODY = "There is nobody of that address or id: look how they spell it, or whether they were erased"


class NobodyFound(Refusal):
    """Nobody has that address, or id."""


class SeveralFound(Refusal):
    """Several say that the address is theirs, and nobody vouches for any of them."""


class Named(NamedTuple):
    """What somebody is to be found by: one of the two."""

    email_key: str | None = None
    user_id: UUID | None = None


def named_by(who: str) -> Named:
    """What the person is to be found by. Raises BadParameter for what is neither an address nor an id."""
    if "@" not in who:
        try:
            return Named(user_id=UUID(who))
        except ValueError:
            raise typer.BadParameter("this is neither an e-mail address nor an id") from None
    try:
        return Named(email_key=email_key(parse_email(who)))
    except InvalidEmail as error:
        raise typer.BadParameter(str(error)) from error


async def person_named(connection: "asyncpg.Connection[Any]", named: Named) -> Person:
    """The person, as the owner of the tables finds them; of several the one whose address it is.

    Raises NobodyFound and SeveralFound.
    """
    people = await people_named(fetching(connection), email_key=named.email_key, user_id=named.user_id)
    if not people:
        raise NobodyFound(NOBODY)
    if len(people) > 1 and not people[0].owns_email:
        ids = ", ".join(str(one.id) for one in people)
        raise SeveralFound(
            f"{counted(len(people), 'account')} say so and nobody vouches for any: name one by its id: {ids}"
        )
    return people[0]


def shown(person: Person) -> str:
    """`Ada Lovelace (ada@example.com, here since 2026-11-29)`."""
    return f"{person.name} ({person.email}, here since {person.created_at:%Y-%m-%d})"
