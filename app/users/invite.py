"""Inviting people by e-mail."""

from uuid import UUID

from sqlalchemy import Text, bindparam, func, select

from app.db.statement import prepare
from app.graph.context import Context

LONGEST_NAME = 100
INVITE = prepare(select(func.trellis_invite(bindparam("email", type_=Text), bindparam("name", type_=Text))))


async def invite(context: Context, email: str) -> UUID:
    """The person with that address; one who has never been here is made, and is whoever signs in with it first."""
    name = email.partition("@")[0][:LONGEST_NAME]
    user_id: UUID = (await context.fetch(INVITE, {"email": email, "name": name}))[0][0]
    return user_id
