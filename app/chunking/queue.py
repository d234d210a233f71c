"""The queue of documents to cut into chunks."""

from typing import Protocol
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.db.columns import table_of
from app.db.statement import Clause, Fetch, statement
from app.documents.models import Document, DocumentStatus, DocumentText
from app.queues.lease_queue import Lease, LeaseQueue

documents = table_of(Document)
texts = table_of(DocumentText)


class Job(Lease, Protocol):
    """A document that has been taken; `kind` is a DocumentKind's name."""

    id: UUID
    kind: str


QUEUE: LeaseQueue[Job] = LeaseQueue(
    documents,
    key=("id",),
    waits=documents.c.due_at.is_not(None) & documents.c.deleted_at.is_(None),
    identify="trellis_process",
    returned=("kind",),
    taken={"status": DocumentStatus.PROCESSING.name},
    waiting={"status": DocumentStatus.PENDING.name},
)


async def read_text(fetch: Fetch, job: Job) -> str:
    """What the document says."""
    rows = await fetch(_text(), {"organization_id": job.organization_id, "id": job.id})
    return str(rows[0]["text"])


@statement
def _text() -> Clause:
    return select(texts.c.text).where(
        texts.c.organization_id == bindparam("organization_id", type_=Uuid),
        texts.c.document_id == bindparam("id", type_=Uuid),
    )
