"""An export of an organization."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import orjson
import strawberry

from app.db.columns import now
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.exports.loaders import EXPORTS, export_by_id
from app.exports.models import ExportStatus
from app.exports.rows import ExportRow
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import to_many, to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.graph.scalars import Long
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.users.loaders import user_by_id

if TYPE_CHECKING:
    from app.events.types import Event
    from app.organizations.types import Organization
    from app.users.types import User


def statuses(_context: Context, rows: Sequence[ExportRow], _arguments: Arguments) -> list[str]:
    """How far each export is."""
    return [_status(row, now()) for row in rows]


def _status(row: ExportRow, moment: datetime) -> str:
    over = row.expires_at is not None and row.expires_at <= moment
    return ExportStatus.EXPIRED.name if over and row.status == ExportStatus.COMPLETED.name else row.status


@strawberry.type(description="How many lines of one type the file of an export has.")
class ExportCount:
    type: str = strawberry.field(description="The type, as the lines say it: `task`, `document` and so on.")
    lines: int = strawberry.field(description="How many.")


def counts(_context: Context, rows: Sequence[ExportRow], _arguments: Arguments) -> list[list[ExportCount]]:
    """What the file of each export holds."""
    return [[ExportCount(type=kind, lines=lines) for kind, lines in orjson.loads(row.counts).items()] for row in rows]


@strawberry.type(
    description="An export of an organization: a server writes all of it, as of one moment, to a file of JSON Lines, "
    "gzipped, which `trellis import` takes back."
)
class Export(Node):
    source = EXPORTS
    by_key = export_by_id
    can_read = can_read

    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The organization."
    )
    requested_by: Annotated["User", strawberry.lazy("app.users.types")] | None = to_one(
        user_by_id, "requested_by", description="Who asked for it first."
    )
    status: ExportStatus = by_level(statuses, needs=("status", "expires_at"), description="How far it is.")
    lines_written: int = strawberry.field(description="How many lines are written.")
    lines_expected: int | None = strawberry.field(description="How many there will be; null until it has begun.")
    counts: list[ExportCount] = by_level(
        counts, needs=("counts",), description="How many lines of each type there are; empty until it is COMPLETED."
    )
    size: Long | None = strawberry.field(description="How many bytes the file has; null until it is COMPLETED.")
    error: str | None = strawberry.field(description="Why it FAILED, at most 200 characters.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    updated_at: datetime = strawberry.field(description="When it last got further.")
    expires_at: datetime | None = strawberry.field(
        description="When the file goes: three days after it was finished, or when another export takes its place; "
        "null until then."
    )
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject, EVENT_LIST, description="What happened to it, the newest first."
    )
