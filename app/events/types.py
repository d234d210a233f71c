"""An event: what was done, by whom, to what."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import strawberry
from strawberry.scalars import JSON

from app.api_keys.loaders import api_key_by_id
from app.api_keys.types import ApiKey
from app.db.record import Record
from app.events.loaders import EVENTS, event_by_id
from app.events.models import EventType
from app.events.rows import EventRow
from app.graph.camel_case import camel_case
from app.graph.context import Context
from app.graph.edges import to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node, noun_named
from app.graph.scalars import Long
from app.graph.select import Key
from app.organizations.policies import can_read
from app.users.loaders import user_by_id
from app.users.types import User

UTC_OFFSET = re.compile(r"[+-]00:00$")


@strawberry.type(description="A field that an event changed.")
class FieldChange:
    field: str = strawberry.field(
        description="Its name; of a reference the name with `Id`, as in `assigneeId`; of a setting as in "
        "`settings.weekStart`."
    )
    before: JSON | None = strawberry.field(description="Its value until then; null where it had none.")
    after: JSON | None = strawberry.field(description="Its value from then on; null where it has none.")


def changes(_context: Context, events: Sequence[EventRow], _arguments: Arguments) -> list[list[FieldChange]]:
    """What each event changed, by the names of the fields."""
    return [_changes(orjson.loads(event.changes)) for event in events]


def _changes(columns: dict[str, dict[str, Any]]) -> list[FieldChange]:
    return [
        FieldChange(field=camel_case(name), **({key: _shown(name, value) for key, value in values.items()}))
        for name, values in sorted(columns.items())
    ]


def _shown(name: str, value: Any) -> Any:
    """A value as its own field shows it: the log has moments with the offset of UTC."""
    return UTC_OFFSET.sub("Z", value) if name.endswith("_at") and isinstance(value, str) else value


def subject_ids(_context: Context, events: Sequence[EventRow], _arguments: Arguments) -> list[str]:
    return [str(event.subject_id) for event in events]


async def subjects(context: Context, events: Sequence[EventRow], _arguments: Arguments) -> list[Record | None]:
    """What each event was done to."""
    return await asyncio.gather(
        *(
            context.load(noun_named(event.subject_type).by_key, Key(event.organization_id, event.subject_id))
            for event in events
        )
    )


@strawberry.type(
    description="Something that was done in an organization. Events are never changed, but for values that name "
    "somebody who was erased: those are null."
)
class Event(Node):
    source = EVENTS
    by_key = event_by_id
    can_read = can_read

    sequence: Long = strawberry.field(
        description="Counts the organization's events from 1 on, without gaps, in the order in which they took effect."
    )
    type: EventType = strawberry.field(description="What was done.")
    subject_type: str = strawberry.field(description="The type of what it was done to, as in `Task`.")
    subject_id: strawberry.ID = by_level(
        subject_ids, needs=("subject_id",), description="The id of what it was done to, also after that was purged."
    )
    subject: Node | None = by_level(
        subjects,
        needs=("organization_id", "subject_type", "subject_id"),
        description="What it was done to, as it is now, also when it is deleted; null after it was purged.",
    )
    actor: User | None = to_one(
        user_by_id, "actor_id", description="Who did it; null where an API key or Trellis itself did."
    )
    api_key: ApiKey | None = to_one(
        api_key_by_id, "api_key_id", description="The API key that did it; null where a person or Trellis itself did."
    )
    request_id: str | None = strawberry.field(
        description="The `X-Request-Id` of the request that did it, at most 64 characters."
    )
    changes: list[FieldChange] = by_level(
        changes, needs=("changes",), description="The fields that changed, by name; those that stayed are left out."
    )
    created_at: datetime = strawberry.field(description="When; never earlier than the event before it.")
