"""Idempotency keys: a mutation that is sent again is answered as it was the first time, and not done again."""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, LargeBinary, Text, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.columns import now, table_of
from app.db.statement import Statement, prepare
from app.db.unit_of_work import StatementTooSlow, Unit
from app.errors import AppError
from app.http.idempotency import Attempt
from app.idempotency.models import IdempotencyKey

REMEMBERED = timedelta(hours=24)

keys = table_of(IdempotencyKey)


class KeyOfAnotherRequest(AppError):
    """The key came with another operation or other variables before."""

    code = "CONFLICT"
    status = 409


class StillRunning(AppError):
    """The first attempt is under way and has not ended in time."""

    code = "CONFLICT"
    status = 409


class Replays:
    """Remembers answers in the database, in the transaction of the work: both are committed, or neither is.

    The key's row is the first that a mutation writes, so a second attempt, on whichever server, waits for the first in
    PostgreSQL's unique index. When the first is committed its answer is there; when it is rolled back, or its server
    dies, the second is the first. The cost is two short statements, for mutations that carry a key.
    """

    async def recall(self, unit: Unit, attempt: Attempt) -> bytes | None:
        """Raises KeyOfAnotherRequest and StillRunning."""
        moment = now()
        claim = {**_name(unit, attempt), "fingerprint": attempt.fingerprint, "now": moment}
        try:
            claimed = await unit.fetch(_claim(), claim | {"expired": moment - REMEMBERED})
        except StatementTooSlow as error:
            raise StillRunning("The first attempt with this key is still running: try again in a moment.") from error
        if claimed:
            return None
        first = (await unit.fetch(_first(), _name(unit, attempt)))[0]
        if first["request_hash"] != attempt.fingerprint:
            raise KeyOfAnotherRequest(
                "This `Idempotency-Key` was used for another request: send each request with a key of its own."
            )
        body: bytes = first["body"]
        return body

    async def keep(self, unit: Unit, attempt: Attempt, body: bytes) -> None:
        for secret in unit.secrets:
            body = body.replace(b'"%b"' % secret.encode(), b"null")
        await unit.fetch(_keep(), {**_name(unit, attempt), "body": body})


def _name(unit: Unit, attempt: Attempt) -> dict[str, Any]:
    return {"actor_id": unit.actor.id, "key": attempt.key}


@lru_cache(1)
def _claim() -> Statement:
    """Answers a row where the key is new or has expired. Where it is neither, its row is locked all the same."""
    claimed = insert(keys).values(
        actor_id=bindparam("actor_id", type_=Uuid),
        key=bindparam("key", type_=Text),
        request_hash=bindparam("fingerprint", type_=LargeBinary),
        created_at=bindparam("now", type_=DateTime(timezone=True)),
    )
    return prepare(
        claimed.on_conflict_do_update(
            index_elements=[keys.c.actor_id, keys.c.key],
            set_={name: claimed.excluded[name] for name in ("request_hash", "body", "created_at")},
            where=keys.c.created_at < bindparam("expired", type_=DateTime(timezone=True)),
        ).returning(keys.c.key)
    )


@lru_cache(1)
def _first() -> Statement:
    return prepare(select(keys.c.request_hash, keys.c.body).where(*_same_key()))


@lru_cache(1)
def _keep() -> Statement:
    return prepare(update(keys).where(*_same_key()).values(body=bindparam("body", type_=LargeBinary)))


def _same_key() -> tuple[Any, ...]:
    return (keys.c.actor_id == bindparam("actor_id", type_=Uuid), keys.c.key == bindparam("key", type_=Text))
