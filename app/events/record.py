"""Writing the log: what a mutation did is noted at once and written last, just before its transaction commits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, BigInteger, ScalarSelect, Text, Uuid, bindparam, cast, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from app.auth.actor import Actor
from app.db.columns import new_id, now, table_of
from app.db.record import NounRow
from app.db.statement import Clause, Fetch, statement
from app.db.unit_of_work import Turn
from app.events.models import Event, EventCounter, EventType
from app.graph.context import Context

events = table_of(Event)
counters = table_of(EventCounter)
MOMENT = events.c.created_at.type
# Events that this process has written, by their types; those of a commit that failed are among them.
WRITTEN: Counter[str] = Counter()


Changes: TypeAlias = dict[str, dict[str, Any]]  # column → its value `before` and `after`


class Happened(NamedTuple):
    """One event of an operation that has not been committed yet."""

    organization_id: UUID
    type: EventType
    subject_type: str
    subject_id: UUID
    changes: Changes


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """The fields of `after` that are not as they were, with both values; `before` is empty for what was made."""
    return {
        name: {"before": before.get(name), "after": value} for name, value in after.items() if before.get(name) != value
    }


def record(
    context: Context,
    type_: EventType,
    subject: NounRow,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Notes that something was done to `subject`, a row with `typename`, `organization_id` and `id`."""
    changes = differences(before or {}, after or {})
    note(context, [Happened(subject.organization_id, type_, subject.typename, subject.id, changes)])


def note(context: Context, happened: Iterable[Happened]) -> None:
    """Notes what is known to have happened already."""
    context.signed_in.pending += happened

    async def write() -> None:
        await _write(context)

    context.signed_in.before_commit[Turn.EVENTS] = write


async def _write(context: Context) -> None:
    """Writes what was noted.

    Organizations are taken in the order of their ids, so that two operations on the same ones cannot wait for each
    other.
    """
    unit = context.signed_in
    happened = sorted((one for one in unit.pending if isinstance(one, Happened)), key=lambda one: one.organization_id)
    unit.pending[:] = [one for one in unit.pending if not isinstance(one, Happened)]
    for _, of_organization in groupby(happened, key=lambda one: one.organization_id):
        await append(context.fetch, list(of_organization), by=context.actor, request_id=context.request_id)


async def append(fetch: Fetch, happened: list[Happened], *, by: Actor | None, request_id: str | None) -> None:
    """Gives the events of one organization their sequences and writes them.

    The counter's row is held from here to the commit, so that sequences are in commit order and without gaps: an
    organization's writers queue for this last step only. Times never run backwards along the sequence, whatever the
    clocks of several servers say, so that a time stands for a place in the log.
    """
    organization_id = happened[0].organization_id
    counted = await fetch(_count(), {"organization_id": organization_id, "amount": len(happened)})
    first = counted[0]["last_sequence"] - len(happened) + 1
    who = {"actor_id": by and by.user_id, "api_key_id": by and by.api_key_id, "request_id": request_id}
    await fetch(_insert(), {"organization_id": organization_id} | who | _values(happened, first))
    WRITTEN.update(one.type.name for one in happened)


def _values(happened: list[Happened], first: int) -> dict[str, Any]:
    return {
        "created_at": now(),
        "ids": [new_id() for _ in happened],
        "sequences": list(range(first, first + len(happened))),
        "types": [one.type.value for one in happened],
        "subject_types": [one.subject_type for one in happened],
        "subject_ids": [one.subject_id for one in happened],
        "changes": [orjson.dumps(one.changes, default=_plain).decode() for one in happened],
    }


def _plain(value: object) -> str:
    """UUIDs of the driver, which orjson does not know, as text."""
    if isinstance(value, UUID | date | datetime):
        return str(value)
    raise TypeError(f"no JSON for a {type(value).__name__}")


@statement
def _count() -> Clause:
    """An organization's first event makes its counter."""
    amount = bindparam("amount", type_=BigInteger)
    counting = upsert(counters).values(organization_id=bindparam("organization_id", type_=Uuid), last_sequence=amount)
    return counting.on_conflict_do_update(
        index_elements=[counters.c.organization_id],
        set_={"last_sequence": counters.c.last_sequence + counting.excluded.last_sequence},
    ).returning(counters.c.last_sequence)


@statement
def _insert() -> Clause:
    happened = (
        func.unnest(
            bindparam("ids", type_=ARRAY(Uuid)),
            bindparam("sequences", type_=ARRAY(BigInteger)),
            bindparam("types", type_=ARRAY(Text)),
            bindparam("subject_types", type_=ARRAY(Text)),
            bindparam("subject_ids", type_=ARRAY(Uuid)),
            bindparam("changes", type_=ARRAY(Text)),
        )
        .table_valued("id", "sequence", "type", "subject_type", "subject_id", "changes", name="happened")
        .render_derived()
    )
    columns = happened.c
    values = {
        "organization_id": cast(bindparam("organization_id", type_=Uuid), Uuid),
        "actor_id": cast(bindparam("actor_id", type_=Uuid), Uuid),
        "api_key_id": cast(bindparam("api_key_id", type_=Uuid), Uuid),
        "request_id": cast(bindparam("request_id", type_=Text), Text),
        "created_at": func.greatest(cast(bindparam("created_at", type_=MOMENT), MOMENT), _newest()),
        "id": columns.id,
        "sequence": columns.sequence,
        "type": columns.type,
        "subject_type": columns.subject_type,
        "subject_id": columns.subject_id,
        "changes": cast(columns.changes, JSONB),
    }
    return insert(events).from_select(list(values), select(*values.values()))


def _newest() -> ScalarSelect[datetime]:
    """The time of an organization's newest event."""
    of_organization = events.c.organization_id == bindparam("organization_id", type_=Uuid)
    return (
        select(events.c.created_at).where(of_organization).order_by(events.c.sequence.desc()).limit(1).scalar_subquery()
    )
