"""Inviting people by e-mail."""

import re
from uuid import UUID

from sqlalchemy import Text, bindparam, func, select

from app.db.statement import prepare
from app.graph.context import Context

LONGEST_EMAIL = 254
LONGEST_NAME = 100
# Only its form: what stands before the last @ is its own server's business, and only a letter that arrives proves more.
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
INVITE = prepare(select(func.trellis_invite(bindparam("email", type_=Text), bindparam("name", type_=Text))))


def is_email(text: str) -> bool:
    """Whether `text` has the form of an e-mail address, at most 254 characters."""
    return len(text) <= LONGEST_EMAIL and text.isprintable() and EMAIL.fullmatch(text) is not None


async def invite(context: Context, email: str) -> UUID:
    """The person with that address; one who has never been here is made, and is whoever signs in with it first."""
    name = email.partition("@")[0][:LONGEST_NAME]
    user_id: UUID = (await context.fetch(INVITE, {"email": email, "name": name}))[0][0]
    return user_id
