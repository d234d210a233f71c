"""Who a token's subject is in the database: the user, and the organizations they are in."""

from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

import asyncpg
from cachetools import LRUCache
from sqlalchemy import Boolean, Text, Uuid, bindparam, column, func, select, table

from app.auth.actor import Actor
from app.auth.tokens import Claims
from app.db.engine import LOST, Connection, Database, DatabaseUnavailable, Record
from app.db.statement import prepare
from app.errors import AppError

SIGN_IN = prepare(
    select(
        func.trellis_sign_in(
            bindparam("subject", type_=Text),
            bindparam("email", type_=Text),
            bindparam("name", type_=Text),
            bindparam("email_verified", type_=Boolean),
        )
    )
)
IDENTIFY = prepare(select(func.trellis_identify(bindparam("user_id", type_=Uuid), None)))
organization_members = table(
    "organization_members", column("organization_id"), column("user_id"), column("role"), column("deleted_at")
)
MEMBERSHIPS = prepare(
    select(organization_members.c.organization_id, organization_members.c.role)
    .where(
        organization_members.c.user_id == bindparam("user_id", type_=Uuid), organization_members.c.deleted_at.is_(None)
    )
    .order_by(organization_members.c.organization_id)
)
REASONS = {
    "TRL02": "This token names nobody we know and has no `email` claim to make an account from.",
    "TRL03": "The e-mail address of this token belongs to another account, or its provider does not vouch for it.",
}


class SignInRefused(AppError):
    """A valid token that is nobody's here."""

    code = "UNAUTHENTICATED"
    status = 401


class Identities:
    """Actors by the subject of their token.

    What is remembered may be old: `Unit` sends the fingerprint of the roles along with BEGIN, and the database refuses
    one that no longer holds. So nothing here has to expire for a removed member to be out at once.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.actors: LRUCache[str, Actor] = LRUCache(maxsize=10_000)  # about 1 KB each

    async def actor(self, claims: Claims) -> Actor:
        """Who the claims speak of; a first sign-in makes the user. Raises SignInRefused or DatabaseUnavailable."""
        known = self.actors.get(claims.subject)
        if known is None:
            known = self.actors[claims.subject] = await self._sign_in(claims)
        return known

    async def _sign_in(self, claims: Claims) -> Actor:
        connection = await self.database.acquire()
        try:
            user_id: UUID = await connection.fetchval(SIGN_IN.text, *SIGN_IN.arguments(asdict(claims)))
            return await read_actor(connection, user_id)
        except asyncpg.PostgresError as error:
            if error.sqlstate in REASONS:
                raise SignInRefused(REASONS[error.sqlstate]) from error
            raise
        except LOST as error:
            raise DatabaseUnavailable("The database connection was lost: try again.") from error
        finally:
            self.database.release(connection)

    def remember(self, subject: str, actor: Actor) -> None:
        self.actors[subject] = actor


async def read_actor(connection: Connection, user_id: UUID) -> Actor:
    """The user's roles as they are now, with their fingerprint."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        fingerprint: str = await connection.fetchval(IDENTIFY.text, user_id)
        memberships = await connection.fetch(MEMBERSHIPS.text, user_id)
    return actor_of(user_id, fingerprint, memberships)


def actor_of(user_id: UUID, fingerprint: str, memberships: Iterable[Record]) -> Actor:
    """The user with the roles that the rows of MEMBERSHIPS say."""
    return Actor(user_id, {row["organization_id"]: row["role"] for row in memberships}, fingerprint)
