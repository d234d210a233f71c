"""Brings documents into the database, each once however often it is imported; servers then cut them into chunks."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from app.auth.email import email_key
from app.db.analyze import analyze
from app.db.columns import now, table_of
from app.db.source import Source
from app.documents.check import columns_of_text
from app.documents.loaders import DOCUMENTS
from app.documents.models import Document, DocumentText
from app.documents.write import RECORDED
from app.importer.check import group_of
from app.importer.connection import acting, connect, insert_rows, insertion
from app.importer.lock import lock_rows
from app.importer.members import guest, invite, join
from app.importer.organizations import find_or_make
from app.importer.plan import Plan, TeamPlan
from app.importer.read_folder import Found
from app.importer.roles import require_own_documents, require_work
from app.importer.task_rows import stable_id
from app.importer.tasks import Summary
from app.organizations.loaders import ORGANIZATIONS
from app.spelling import folded
from app.teams.loaders import TEAMS

MOST_TEXT = 4 * 1024 * 1024  # characters of texts to a transaction, or one text more

MAKE_DOCUMENTS = insertion(
    table_of(Document),
    *("organization_id", "id", "team_id", "title", "kind", "source", "size", "text_hash", "due_at", "created_by"),
    *("created_at", "updated_at"),
)
MAKE_TEXTS = insertion(table_of(DocumentText), "organization_id", "document_id", "text")


class Owner(NamedTuple):
    """What the documents will belong to: a team, or where there is none the organization itself."""

    organization_id: UUID
    team_id: UUID | None


async def deposit(
    url: str,
    documents: Iterable[Found],
    *,
    organization: str,
    team: str | None,
    email: str,
    operator: bool = False,
) -> Summary:
    """Imports documents on behalf of `email`, whose user is made where there is none, into the organization and team of
    these names, which are made where there are none. Their roles must allow it, unless an `operator` imports. Raises
    Refusals."""
    async with connect(url) as connection:
        user_id = (await invite(connection, [guest(email)]))[email_key(email)]
        summary, owner = await _prepare(connection, user_id, organization, team, operator=operator)
        for batch in _batches(documents):
            async with acting(connection, user_id) as events:
                made = await _write(connection, owner, batch, user_id)
                events.created(DOCUMENTS, made, *RECORDED)
            summary.made += len(made)
            summary.there += len(batch) - len(made)
        await analyze(connection)
        return summary


async def _prepare(
    connection: asyncpg.Connection, user_id: UUID, organization: str, team: str | None, *, operator: bool
) -> tuple[Summary, Owner]:
    plan = Plan(organizations=[organization])
    if team:
        plan.teams[group_of(organization, team)] = TeamPlan(organization, team)
    async with acting(connection, user_id, alone=True) as events:
        targets = await find_or_make(connection, user_id, plan, events, anew=False)
        people = await join(connection, user_id, plan, targets, made_up=0)
        if not operator and team:
            await require_work(connection, user_id, targets.by_group.values())
        elif not operator:
            await require_own_documents(connection, user_id, targets.homes[folded(organization)])
    team_ids = [target.id for target in targets.by_group.values()]
    summary = Summary(targets.organizations, targets.teams, people, notes=targets.notes)
    return summary, Owner(targets.homes[folded(organization)], team_ids[0] if team_ids else None)


def _batches(documents: Iterable[Found]) -> Iterator[list[Found]]:
    batch, size = [], 0
    for document in documents:
        batch.append(document)
        size += len(document.text)
        if size >= MOST_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def _write(
    connection: asyncpg.Connection, owner: Owner, batch: list[Found], user_id: UUID
) -> list[dict[str, Any]]:
    """The rows of those documents that are new; the others are there already and stay as they are."""
    source: Source = TEAMS if owner.team_id else ORGANIZATIONS
    row_id = owner.team_id or owner.organization_id
    await lock_rows(connection, source, [owner.organization_id], [row_id])
    by_id = {stable_id(owner.team_id or owner.organization_id, f"document\0{one.source}"): one for one in batch}
    rows = [_columns(owner, document_id, one) | {"created_by": user_id} for document_id, one in by_id.items()]
    made = {row["id"] for row in await insert_rows(connection, MAKE_DOCUMENTS, rows)}
    new = [row for row in rows if row["id"] in made]
    texts = [
        {"organization_id": owner.organization_id, "document_id": row["id"], "text": by_id[row["id"]].text}
        for row in new
    ]
    await insert_rows(connection, MAKE_TEXTS, texts)
    return new


def _columns(owner: Owner, document_id: UUID, document: Found) -> dict[str, Any]:
    moment = now()
    return {
        **owner._asdict(),
        "id": document_id,
        "title": document.title,
        "kind": document.kind.name,
        "source": document.source,
        **columns_of_text(document.text),
        **dict.fromkeys(("due_at", "created_at", "updated_at"), moment),
    }
