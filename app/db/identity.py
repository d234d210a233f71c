"""Who is calling in the database: a token's person and the organizations they are in, or an API key and its own."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import asyncpg
from cachetools import LRUCache
from sqlalchemy import Boolean, DateTime, Text, Uuid, bindparam, column, func, select, table

from app.auth.actor import ORGANIZATION_ROLES, SCOPES, Actor, Grant
from app.auth.claims import Claims
from app.auth.credentials import Credentials
from app.auth.secrets import PresentedKey
from app.db.columns import now
from app.db.engine import LOST, Connection, Database, DatabaseUnavailable
from app.db.record import Record
from app.db.statement import prepare
from app.db.too_slow import TIMED_OUT, StatementTooSlow
from app.errors import AppError

SIGN_IN = prepare(
    select(
        func.trellis_sign_in(
            bindparam("subject", type_=Text),
            bindparam("email", type_=Text),
            bindparam("name", type_=Text),
            bindparam("email_verified", type_=Boolean),
            bindparam("issued_at", type_=DateTime(timezone=True)),
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
found_key = func.trellis_find_key(bindparam("key_id", type_=Uuid)).table_valued(
    *("organization_id", "secret_hash", "former_secret_hash", "scopes", "rate_limit_per_minute", "fingerprint")
)
FIND_KEY = prepare(select(found_key))
ERASED = "TRL10"  # what the database says of an id whose person was erased meanwhile
UNKNOWN_KEY = "This API key is not known here: look whether all of it was copied."
Name = tuple[str, str | None, str | None, bool] | PresentedKey
Uses = dict[tuple[UUID, UUID], datetime]  # the organization and id of an API key → when it was last used
REASONS = {
    "TRL02": "This token names nobody we know, and {lacks_email}: an account is made of an e-mail address.",
    "TRL03": "The address in the claim `{email_claim}` of this token is another account's: sign in as you did before.",
    "TRL06": UNKNOWN_KEY,
    "TRL07": "This API key has been revoked: ask an admin of the organization for another.",
    "TRL08": "This API key has expired: ask an admin of the organization for another.",
    "TRL09": "The secret of this API key has been replaced by a newer one.",
    ERASED: "This account has been erased: whoever signs in again gets a new one.",
}


class SignInRefused(AppError):
    """A valid token that is nobody's here, or an API key that is none of ours, or not any more."""

    code = "UNAUTHENTICATED"
    status = 401


class Identities:
    """Actors by what they came with; `uses` holds when each API key did last, until somebody takes that from there.

    What is remembered may be old: `Unit` sends the fingerprint of the roles along with BEGIN, and the database refuses
    one that no longer holds, and a key that has ended. So nothing here has to expire for a removed member or a revoked
    key to be out at once.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.actors: LRUCache[Name, Actor] = LRUCache(maxsize=10_000)  # about 1 KB each
        self.uses: Uses = {}

    def known(self, credentials: Credentials) -> Actor | None:
        """Who the credentials speak of, where it takes no statement to say so."""
        return self.actors.get(_name(credentials))

    async def find(self, credentials: Credentials, address: str) -> Actor:
        """Who the credentials speak of, which come from that address; a first sign-in makes the user.

        Raises SignInRefused, DatabaseUnavailable, CallerBusy or StatementTooSlow.
        """
        actor = self.actors[_name(credentials)] = await self._read(credentials, address)
        return actor

    async def _read(self, credentials: Credentials, address: str) -> Actor:
        try:
            async with self.database.lent(address) as connection:
                if isinstance(credentials, PresentedKey):
                    return await read_key(connection, credentials)
                user_id: UUID = await connection.fetchval(SIGN_IN.text, *SIGN_IN.arguments(asdict(credentials)))
                return await read_actor(connection, user_id)
        except (*LOST, asyncpg.PostgresError) as error:
            refuse(error, credentials)
            raise

    def forget(self, credentials: Credentials) -> None:
        """Has the database say anew who the credentials speak of."""
        self.actors.pop(_name(credentials), None)

    def remember(self, credentials: Credentials, actor: Actor) -> None:
        """Notes who the database has just let in."""
        self.actors[_name(credentials)] = actor
        if actor.grant is not None:
            self.uses[actor.grant.organization_id, actor.id] = now()


def _name(credentials: Credentials) -> Name:
    """What a caller is remembered by: a token that says something else of its bearer has the database look again."""
    if isinstance(credentials, PresentedKey):
        return credentials
    return credentials.subject, credentials.email, credentials.name, credentials.email_verified


def refuse(error: BaseException, credentials: Credentials | None = None) -> None:
    """Raises SignInRefused where the database does not let the caller in, or not any more; StatementTooSlow and
    DatabaseUnavailable where it did not answer. Of any other error it says nothing."""
    if isinstance(error, TIMED_OUT):
        raise StatementTooSlow from error
    if isinstance(error, LOST):
        raise DatabaseUnavailable("The database connection was lost: try again.") from error
    reason = REASONS.get(error.sqlstate or "") if isinstance(error, asyncpg.PostgresError) else None
    if reason is not None:
        claims = asdict(credentials) if isinstance(credentials, Claims) else {}
        raise SignInRefused(reason.format_map(claims)) from error


def identifying(actor: Actor) -> str:
    """The statement by which a transaction becomes the actor's; the database refuses it where they have changed.

    It travels with BEGIN in the simple protocol, which takes no parameters. All that is written into its text are ids
    that have been parsed as UUIDs, a hash that was computed here, and the hexadecimal digest that the database made.
    """
    grant = actor.grant
    if grant is None:
        return f"SELECT trellis_identify('{actor.id}', '{actor.fingerprint}')"
    key = f"'{grant.organization_id}', '{actor.id}', '\\x{grant.secret_hash.hex()}'"
    return f"SELECT trellis_identify_key({key}, '{actor.fingerprint}')"


async def read_again(connection: Connection, actor: Actor) -> Actor:
    """The actor as they are now. Raises SignInRefused for a key that is gone."""
    if actor.grant is None:
        return await read_actor(connection, actor.id)
    return await read_key(connection, PresentedKey(actor.id, actor.grant.secret_hash))


async def read_actor(connection: Connection, user_id: UUID) -> Actor:
    """The user's roles as they are now, with their fingerprint."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        fingerprint: str = await connection.fetchval(IDENTIFY.text, user_id)
        memberships = await connection.fetch(MEMBERSHIPS.text, user_id)
    return actor_of(user_id, fingerprint, memberships)


def actor_of(user_id: UUID, fingerprint: str, memberships: Iterable[Record]) -> Actor:
    """The user with the roles that the rows of MEMBERSHIPS say."""
    return Actor(user_id, {row["organization_id"]: row["role"] for row in memberships}, fingerprint)


async def read_key(connection: Connection, key: PresentedKey) -> Actor:
    """The API key with what it was given. Raises SignInRefused where there is none, or its secret is another.

    One that has ended is found too: it is refused when a transaction is to become its own.
    """
    row = await connection.fetchrow(FIND_KEY.text, key.id)
    if row is None or not key.is_one_of(row["secret_hash"], row["former_secret_hash"]):
        raise SignInRefused(UNKNOWN_KEY)
    scope = max(row["scopes"], key=SCOPES.index)
    organization_id = row["organization_id"]
    grant = Grant(organization_id, scope, row["rate_limit_per_minute"], key.secret_hash)
    return Actor(key.id, {organization_id: ORGANIZATION_ROLES[scope]}, row["fingerprint"], grant)
