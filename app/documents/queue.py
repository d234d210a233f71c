"""The queue of documents to cut: taking one for a while, and giving it back done, for later, or failed.

Whoever takes a document commits at once and holds no lock while they cut it. What they hold is the time that they wrote
into `due_at`: whoever changes the document meanwhile replaces that, and then it is left to whoever takes it next. When
it passes because they were killed, others take the document.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Interval, Uuid, bindparam, func, literal_column, select, update

from app import time_limits
from app.db.columns import table_of
from app.db.statement import Fetch, Statement, prepare
from app.db.turns import next_in_turn, turn
from app.documents.models import Document, DocumentKind, DocumentStatus, DocumentText

documents = table_of(Document)
texts = table_of(DocumentText)

LEASE = timedelta(seconds=time_limits.LEASE)

due = documents.c.due_at.is_not(None) & (documents.c.due_at <= func.now()) & documents.c.deleted_at.is_(None)


class Claim(NamedTuple):
    """A document that has been taken until `due_at`; `attempts` counts this time too."""

    organization_id: UUID
    id: UUID
    kind: DocumentKind
    attempts: int
    due_at: datetime


async def next_organization(fetch: Fetch, after: UUID) -> UUID | None:
    """The next organization in which a document is due."""
    return await next_in_turn(fetch, _turn(), after)


@lru_cache(1)
def _turn() -> Statement:
    return turn(documents, due)


async def take(fetch: Fetch, organization_id: UUID) -> Claim | None:
    """Takes the document of an organization that has been due for longest; None where others were faster."""
    rows = await fetch(_take(), {"organization_id": organization_id, "lease": LEASE})
    if not rows:
        return None
    (row,) = rows
    return Claim(organization_id, row["id"], DocumentKind[row["kind"]], row["attempts"], row["due_at"])


@lru_cache(1)
def _take() -> Statement:
    organization_id = bindparam("organization_id", type_=Uuid)
    oldest = (
        select(documents.c.id)
        .where(documents.c.organization_id == organization_id, due)
        .order_by(documents.c.due_at)
        .limit(literal_column("1"))
        .with_for_update(skip_locked=True)
        .cte("oldest")
    )
    return prepare(
        update(documents)
        .where(documents.c.organization_id == organization_id, documents.c.id == oldest.c.id)
        .values(
            status=DocumentStatus.PROCESSING.name,
            attempts=documents.c.attempts + literal_column("1"),
            due_at=func.now() + bindparam("lease", type_=Interval),
        )
        .returning(documents.c.id, documents.c.kind, documents.c.attempts, documents.c.due_at)
    )


async def read_text(fetch: Fetch, claim: Claim) -> str:
    """What the document says."""
    rows = await fetch(_text(), _values(claim))
    return str(rows[0]["text"])


@lru_cache(1)
def _text() -> Statement:
    return prepare(
        select(texts.c.text).where(
            texts.c.organization_id == bindparam("organization_id", type_=Uuid),
            texts.c.document_id == bindparam("id", type_=Uuid),
        )
    )


async def hold(fetch: Fetch, claim: Claim) -> Any:
    """The document as it is, locked until the transaction ends; None where it has changed or been deleted since."""
    rows = await fetch(_hold(), _values(claim))
    return rows[0] if rows else None


@lru_cache(1)
def _hold() -> Statement:
    columns = (documents.c.status, documents.c.processing_error, documents.c.chunk_count)
    live = documents.c.deleted_at.is_(None)
    return prepare(select(*columns).where(*_as_taken(), live).with_for_update(key_share=True))


async def settle(fetch: Fetch, claim: Claim, values: Mapping[str, Any]) -> None:
    """Writes what became of a document that has not changed since it was taken; it may have been deleted."""
    await fetch(_settle(tuple(values)), {**_values(claim), **{f"new_{name}": one for name, one in values.items()}})


@lru_cache(10)
def _settle(columns: tuple[str, ...]) -> Statement:
    values = {name: bindparam(f"new_{name}", type_=documents.c[name].type) for name in columns}
    return prepare(update(documents).where(*_as_taken()).values(values))


def _values(claim: Claim) -> dict[str, Any]:
    return {"organization_id": claim.organization_id, "id": claim.id, "taken_until": claim.due_at}


def _as_taken() -> tuple[ColumnElement[bool], ...]:
    return (
        documents.c.organization_id == bindparam("organization_id", type_=Uuid),
        documents.c.id == bindparam("id", type_=Uuid),
        documents.c.due_at == bindparam("taken_until", type_=DateTime(timezone=True)),
    )
