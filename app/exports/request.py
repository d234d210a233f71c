"""Asking for an export, and the links to its file."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, func, literal_column, update

from app.auth.secrets import EXPORT, hash_of, new_key
from app.db.columns import new_id, now
from app.db.statement import Clause, statement
from app.events.models import EventType
from app.events.record import record
from app.exports.loaders import EXPORTS, exports, unfinished_export
from app.exports.models import ExportStatus
from app.exports.rows import ExportRow
from app.graph.context import Context
from app.writing.rows import insert_row

MOST_LINKS = 10  # to one export, the newest of them


class Requested(NamedTuple):
    """The row of an export, and where its file will be, which nobody can be told again."""

    row: ExportRow
    url: str


async def request_export(context: Context, organization_id: UUID) -> Requested:
    """The export of the organization that is under way, or a new one; with a link of the caller's own.

    The operation holds the organization's row locked.
    """
    row = await unfinished_export(context, organization_id)
    export_id = new_id() if row is None else row.id
    secret = new_key(export_id, EXPORT)
    if row is None:
        names = {"organization_id": organization_id, "id": export_id, "requested_by": context.actor.user_id}
        waiting = {"status": ExportStatus.PENDING.name, "due_at": now(), "secret_hashes": [hash_of(secret)]}
        row = await insert_row(context, EXPORTS, names | waiting)
        record(context, EventType.CREATED, row, after={"requested_by": row.requested_by})
        _wake(context)
    else:
        values = {"organization_id": organization_id, "export_id": export_id, "secret_hash": hash_of(secret)}
        await context.fetch(_add_link(), values)
    url = f"exports/{secret}"  # where the endpoint is `graphql`, behind whatever a proxy puts before both
    context.signed_in.secrets.append(url)
    return Requested(row, url)


@statement
def _add_link() -> Clause:
    """The links that others have been given go on leading there, but for the oldest of many."""
    hashes = exports.c.secret_hashes
    every = func.array_prepend(bindparam("secret_hash", type_=LargeBinary), hashes)
    too_many = func.greatest(func.cardinality(hashes) + literal_column(str(1 - MOST_LINKS)), literal_column("0"))
    return (
        update(exports)
        .where(
            exports.c.organization_id == bindparam("organization_id", type_=Uuid),
            exports.c.id == bindparam("export_id", type_=Uuid),
        )
        .values(secret_hashes=func.trim_array(every, too_many))
    )


def _wake(context: Context) -> None:
    """Has the server begin with it at once, when this is committed."""
    if context.models is not None:
        context.signed_in.after_commit.add(context.models.wake)
