"""Making and changing rows, each with its event."""

from uuid import UUID

from app.db.columns import new_id
from app.db.record import Row
from app.db.source import Source
from app.db.statement import Parameters
from app.events.models import EventType
from app.events.record import Changes, Happened, differences, note
from app.graph.context import Context
from app.writing.rows import insert_row, update_row


async def create(context: Context, source: Source[Row], organization_id: UUID, values: Parameters) -> Row:
    """The row that was made of `values` in an organization; the database's constraints may refuse it."""
    row = await insert_row(context, source, {"organization_id": organization_id, "id": new_id(), **values})
    _note(context, EventType.CREATED, source, row, differences({}, values))
    return row


async def change(context: Context, source: Source[Row], row: Row, wanted: Parameters) -> Row:
    """`row`, which the operation holds locked, as it is `wanted`; where it is so already, nothing happens."""
    changes = {name: value for name, value in wanted.items() if value != row[name]}
    if not changes:
        return row
    after = await update_row(context, source, row, changes)
    _note(context, EventType.UPDATED, source, row, differences({name: row[name] for name in changes}, changes))
    return after


def _note(context: Context, type_: EventType, source: Source[Row], row: Row, changes: Changes) -> None:
    note(context, [Happened(row["organization_id"], type_, source.typename, row["id"], changes)])
