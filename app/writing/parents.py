"""What a new row is to belong to, as an input names it."""

from functools import lru_cache

from sqlalchemy import select

from app.db.record import Row
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.ids import parse_id
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode
from app.writing.rows import of_ids, rows_for_update


async def parent_for_update(
    context: Context, source: Source[Row], given: str, noun: str, checks: Checks, *path: str
) -> Row | None:
    """The live row with the id `given`, locked until the commit: a delete of it will then find its new child.

    None, and a mistake at `path`, where it is deleted or not there. Raises BadUserInput for what is no id.
    """
    row_id = parse_id(given, ".".join([*checks.root, *path]))
    (row,) = await rows_for_update(context, source, [row_id])
    if row is not None:
        return row
    if await context.fetch(_deleted(source), {"ids": [row_id]}):
        checks.wrong(UserErrorCode.PARENT_DELETED, f"The {noun} is deleted: restore it first.", *path)
    else:
        checks.wrong(UserErrorCode.NOT_FOUND, f"There is no such {noun}.", *path)
    return None


@lru_cache(100)
def _deleted(source: Source) -> Statement:
    """Not locked: who restores it holds it, and may be waiting for what this operation holds already."""
    deleted = source.table.c.deleted_at.is_not(None)
    return prepare(of_ids(select(source.table.c.id).where(deleted), source))
