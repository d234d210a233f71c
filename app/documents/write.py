"""Writing documents, each with its text beside it. What changes how a document is found has it cut anew."""

from sqlalchemy import Text, Uuid, bindparam
from sqlalchemy.dialects.postgresql import insert

from app.db.columns import new_id, now, table_of
from app.db.statement import Clause, Parameters, statement
from app.documents.loaders import DOCUMENTS
from app.documents.models import DocumentStatus, DocumentText
from app.documents.rows import DocumentRow
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.writing.rows import insert_row, update_row

texts = table_of(DocumentText)

FOUND_BY = {"title", "kind", "text_hash"}  # columns that the chunks, or what search keeps of them, are made of
# Of a text the log says its hash and size: the old and the new one would make two megabytes of an event.
RECORDED = ("team_id", "title", "kind", "source", "size", "text_hash")


async def create(context: Context, parent: Parameters, columns: Parameters, text: str) -> DocumentRow:
    """The document that was made of `columns` under `parent`, its `organization_id` and `team_id`."""
    values = {"id": new_id(), "created_by": context.actor.user_id, "due_at": now(), **parent, **columns}
    row = await insert_row(context, DOCUMENTS, values)
    await _write_text(context, row, text)
    record(context, EventType.CREATED, row, after={name: row[name] for name in RECORDED})
    _wake(context)
    return row


async def change(context: Context, row: DocumentRow, columns: Parameters, text: str) -> DocumentRow:
    """`row`, which the operation holds locked, with what is different of it in `columns`; and with `text`, where they
    say that it is another."""
    changes = {name: value for name, value in columns.items() if value != row[name]}
    if not changes:
        return row
    undone = _undone() if FOUND_BY.intersection(changes) else {}
    after = await update_row(context, DOCUMENTS, row, {**changes, **undone})
    if "text_hash" in changes:
        await _write_text(context, row, text)
    _record(context, row, after, *changes)
    return after


async def process_again(context: Context, row: DocumentRow) -> DocumentRow:
    """`row`, which the operation holds locked, waiting to be cut once more."""
    after = await update_row(context, DOCUMENTS, row, _undone())
    _record(context, row, after)
    return after


def _undone() -> dict[str, object]:
    return {"status": DocumentStatus.PENDING.name, "due_at": now(), "attempts": 0, "processing_error": None}


def _record(context: Context, row: DocumentRow, after: DocumentRow, *changed: str) -> None:
    names = (*changed, "status")
    before = {name: row[name] for name in names}
    record(context, EventType.UPDATED, after, before=before, after={name: after[name] for name in names})
    _wake(context)


def _wake(context: Context) -> None:
    """Has the server look at once, when this is committed, what it has to do in the background."""
    if context.models is not None:
        context.signed_in.after_commit.add(context.models.wake)


async def _write_text(context: Context, row: DocumentRow, text: str) -> None:
    await context.fetch(_text(), {"organization_id": row.organization_id, "document_id": row.id, "text": text})


@statement
def _text() -> Clause:
    given = insert(texts).values(
        organization_id=bindparam("organization_id", type_=Uuid),
        document_id=bindparam("document_id", type_=Uuid),
        text=bindparam("text", type_=Text),
    )
    return given.on_conflict_do_update(index_elements=list(texts.primary_key), set_={"text": given.excluded.text})
