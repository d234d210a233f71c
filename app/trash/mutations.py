"""Restoring and purging whole deletions."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from app.auth.guards import require, require_row
from app.db.record import DeletableRow
from app.graph.context import Context, Info
from app.graph.ids import parse_id
from app.graph.node import Node, noun_named
from app.graph.select import Key
from app.organizations.policies import can_read
from app.permissions.judge import restore_verdicts
from app.purging.purge_now import purge_now
from app.trash.loaders import KINDS, deletion_in_trash
from app.trash.lock import rows_to_restore
from app.trash.policies import can_purge
from app.trash.restore import restore_rows
from app.trash.rows import DeletionRow
from app.trash.types import DeletionCounts, PurgePayload, RestorePayload
from app.writing.mutation import mutation, object_of

DeletionId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of the deletion.")]


@strawberry.type
class TrashMutations:
    @mutation(
        description="Undoes a deletion: brings back exactly what it took and still holds. FORBIDDEN to those who could "
        "not have deleted it. PARENT_DELETED where what it belongs to is in the trash itself, TAKEN where another "
        "object has its name by now.",
        scope="WRITE_TASKS",
    )
    async def restore_deletion(self, info: Info, deletion_id: DeletionId) -> RestorePayload:
        context = info.context
        deletion = await _deletion(context, deletion_id)
        noun = noun_named(deletion.subject_type)
        rows = await _subjects(context, noun, deletion)
        await _require_restorable(context, rows)
        restored = await restore_rows(context, noun.source, rows)
        subject = await context.load(noun.by_key, Key(rows[0].organization_id, rows[0].id))
        return RestorePayload(restored=DeletionCounts(**restored), subject=object_of(subject))

    @mutation(
        description="Removes for good what a deletion took, with all that was deleted under it before. FORBIDDEN to "
        "those who do not administer the organization, and to whoever may not restore it.",
        scope="ADMIN",
    )
    async def purge_deletion(self, info: Info, deletion_id: DeletionId) -> PurgePayload:
        context = info.context
        deletion = await _deletion(context, deletion_id)
        require(can_purge(context.actor, deletion))
        subjects = await _subjects(context, noun_named(deletion.subject_type), deletion)
        require(can_purge(context.actor, deletion))
        await _require_restorable(context, subjects)
        gone = await purge_now(context, deletion, subjects)
        if gone is None:
            return PurgePayload(pending=True)
        return PurgePayload(purged=DeletionCounts(**{kind: gone[kind] for kind in KINDS}))


async def _require_restorable(context: Context, rows: Sequence[DeletableRow]) -> None:
    """What an actor may not bring back they may not end for good either."""
    for verdict in await restore_verdicts(context, rows):
        require(verdict)


async def _deletion(context: Context, given: str) -> DeletionRow:
    found: DeletionRow | None = await context.load(deletion_in_trash, parse_id(given, "id"))
    return require_row(found, "deletion")


async def _subjects(context: Context, noun: type[Node], deletion: DeletionRow) -> list[DeletableRow]:
    """What the deletion still holds of what was asked for, locked; raises NotFound where that is nothing by now.

    Whoever changes a member holds the organization, as this does now: behind them the actor's roles are read again.
    """
    rows = await rows_to_restore(context, noun.source, deletion.subject_ids)
    await context.signed_in.refresh_actor()
    there = (row for row in rows if row is not None and can_read(context.actor, row))
    left = [row for row in there if row.deletion_id == deletion.id]
    require_row(left or None, "deletion")
    return left
