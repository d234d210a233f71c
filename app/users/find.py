"""Finding people for whoever runs the server, who is the owner of the tables: nobody else looks anybody up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, collate, func, or_, select

from app.db.columns import table_of
from app.db.record import Record
from app.db.statement import Clause, Fetch, statement_as
from app.users.models import User

users = table_of(User)


class Person(Record):
    """Somebody who has an address."""

    id: UUID
    email: str
    name: str
    owns_email: bool
    created_at: datetime


async def people_named(fetch: Fetch, *, email_key: str | None, user_id: UUID | None) -> list[Person]:
    """The people of an address, or of an id: first whose it is, then those who say so and whom nobody vouches for."""
    return await fetch(_named(), {"email_key": email_key, "user_id": user_id})


@statement_as(Person)
def _named() -> Clause:
    key = func.lower(collate(users.c.email, "C")) == bindparam("email_key", type_=Text)
    return (
        select(users.c.id, users.c.email, users.c.name, users.c.owns_email, users.c.created_at)
        .where(users.c.email.is_not(None), or_(key, users.c.id == bindparam("user_id", type_=Uuid)))
        .order_by(users.c.owns_email.desc(), users.c.created_at)
    )
