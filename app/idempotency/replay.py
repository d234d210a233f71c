"""Idempotency keys: a mutation that is sent again is answered as it was the first time, and not done again."""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.db.columns import now, table_of
from app.db.record import Record
from app.db.statement import Clause, statement
from app.db.too_slow import StatementTooSlow
from app.db.unit_of_work import Unit
from app.errors import AppError
from app.http.idempotency import KeyedRequest
from app.idempotency.models import IdempotencyKey

REMEMBERED = timedelta(hours=24)
LARGEST_KEPT = 256 * 1024  # bytes of an answer
MOST_KEPT = 8 * 1024 * 1024  # bytes of one caller's answers, the newest of them
LET_GO = 100  # answers at a time, so that nobody waits for more

keys = table_of(IdempotencyKey)


class KeyOfAnotherRequest(AppError):
    """The key came with another operation or other variables before: it will never do for this one."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422


class StillRunning(AppError):
    """The first attempt is under way: who comes back later hears how it ended."""

    code = "CONFLICT"
    status = 409

    def __init__(self) -> None:
        super().__init__("The first attempt with this key is still running: try again in a moment.", retryAfter=1)


class AlreadyDone(AppError):
    """The request was carried out, and its answer cannot be given again."""

    code = "ALREADY_DONE"
    status = 409


class Replays:
    """Remembers answers in the database, in the transaction of the work: both are committed, or neither is.

    The key's row is the first that a mutation writes, and a lock on the key comes before it: another attempt, on
    whichever server, neither waits for the first nor holds a connection, but is told to come back. When the first is
    committed its answer is there; when it is rolled back, or its server dies, the next is the first. The cost is two
    short statements, for mutations that carry a key.

    An answer is shown again only to an actor whose roles are what they were: it may hold what they must not see now.
    """

    async def recall(self, unit: Unit, keyed: KeyedRequest) -> bytes | None:
        """Raises KeyOfAnotherRequest, StillRunning and AlreadyDone."""
        moment = now()
        expired = moment - REMEMBERED
        claim = {**_name(unit, keyed), "fingerprint": keyed.fingerprint, "now": moment, "expired": expired}
        try:
            claimed = await unit.fetch(_claim(), claim | {"turn": _turn(unit, keyed)})
        except StatementTooSlow as error:
            raise StillRunning from error
        if claimed:
            return None
        found = await unit.fetch(_first(), _name(unit, keyed) | {"expired": expired})
        if not found:
            raise StillRunning
        return _answer_of(found[0], unit, keyed)

    async def keep(self, unit: Unit, keyed: KeyedRequest, body: bytes) -> None:
        for secret in unit.secrets:
            body = body.replace(b'"%b"' % secret.encode(), b"null")
        if len(body) <= LARGEST_KEPT:
            kept = {"body": body, "size": len(body), "roles": unit.actor.fingerprint}
            await unit.fetch(_keep(), _name(unit, keyed) | kept)


def _answer_of(first: Record, unit: Unit, keyed: KeyedRequest) -> bytes:
    if first["request_hash"] != keyed.fingerprint:
        raise KeyOfAnotherRequest(
            "This `Idempotency-Key` was used for another request: send each request with a key of its own."
        )
    body: bytes | None = first["body"]
    if body is None:
        raise AlreadyDone("This request was carried out, and its answer is not kept: look at what it did.")
    if first["roles"] != unit.actor.fingerprint:
        raise AlreadyDone("This request was carried out before your roles changed: look at what it did.")
    return body


def _turn(unit: Unit, keyed: KeyedRequest) -> int:
    """The number of the lock that whoever carries the request out holds; that two share one takes 2^32 keys at once."""
    digest = sha256(unit.actor.id.bytes + keyed.key.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _name(unit: Unit, keyed: KeyedRequest) -> dict[str, object]:
    return {"actor_id": unit.actor.id, "key": keyed.key}


@statement
def _claim() -> Clause:
    """Answers a row where the key is new or has expired, and nobody else is at it."""
    mine = select(
        bindparam("actor_id", type_=Uuid),
        bindparam("key", type_=Text),
        bindparam("fingerprint", type_=LargeBinary),
        bindparam("now", type_=DateTime(timezone=True)),
    ).where(func.pg_try_advisory_xact_lock(bindparam("turn", type_=BigInteger)))
    claimed = insert(keys).from_select(["actor_id", "key", "request_hash", "created_at"], mine)
    return claimed.on_conflict_do_update(
        index_elements=[keys.c.actor_id, keys.c.key],
        set_={
            **{name: claimed.excluded[name] for name in ("request_hash", "created_at")},
            **{name: null() for name in ("body", "roles", "kept_bytes")},
        },
        where=keys.c.created_at < bindparam("expired", type_=DateTime(timezone=True)),
    ).returning(keys.c.key)


@statement
def _first() -> Clause:
    fresh = keys.c.created_at >= bindparam("expired", type_=DateTime(timezone=True))
    return select(keys.c.request_hash, keys.c.body, keys.c.roles).where(*_same_key(), fresh)


@statement
def _keep() -> Clause:
    """Keeps an answer, and lets go of those that are too far behind it. Of several at once each may count itself alone,
    so that for a moment there is as much more as they are."""
    own = keys.c.actor_id == bindparam("actor_id", type_=Uuid)
    newest = (
        select(keys.c.kept_bytes)
        .where(own, keys.c.kept_bytes.is_not(None))
        .order_by(keys.c.kept_bytes.desc())
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    size = bindparam("size", type_=BigInteger)
    now_kept = select((func.coalesce(newest, literal_column("0")) + size).label("bytes")).cte("now_kept")
    behind = (
        select(keys.c.key)
        .where(own, keys.c.kept_bytes <= select(now_kept.c.bytes).scalar_subquery() - literal_column(str(MOST_KEPT)))
        .order_by(keys.c.kept_bytes)
        .limit(literal_column(str(LET_GO)))
        .with_for_update(skip_locked=True)
    )
    let_go = update(keys).where(own, keys.c.key.in_(behind)).values(body=null(), kept_bytes=null()).cte("let_go")
    body, roles = bindparam("body", type_=LargeBinary), bindparam("roles", type_=Text)
    kept = update(keys).where(*_same_key()).values(body=body, roles=roles, kept_bytes=now_kept.c.bytes)
    return kept.add_cte(let_go)


def _same_key() -> tuple[ColumnElement[bool], ...]:
    return (keys.c.actor_id == bindparam("actor_id", type_=Uuid), keys.c.key == bindparam("key", type_=Text))
