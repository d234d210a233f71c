"""What the actor may do with rows: the same policies are asked as by the mutations, for all rows together."""

import asyncio
from collections.abc import Sequence
from typing import Any

from app.auth.guards import Verdict
from app.db.record import DeletableRow, NounRow
from app.db.source import Source
from app.graph.context import Context
from app.graph.fields import Arguments
from app.graph.node import noun_named
from app.graph.select import Key, rows_by_key
from app.permissions.models import Permission
from app.team_members.loaders import actor_roles_by_team, actor_roles_to_restore
from app.team_members.lock import team_of
from app.trash.rows import DeletionRow

# The columns that policies read, of whichever noun, and those that say which policies are to be asked.
READS = (
    *("organization_id", "id", "team_id", "user_id", "role", "deleted_at", "deletion_id"),
    *("subject_type", "subject_ids"),
)


async def rows_to_judge(context: Context, keys: Sequence[Key], source: Source[Any]) -> list[DeletableRow | None]:
    """The row of each key with what policies read, deleted or not."""
    return await rows_by_key(context, source, keys, *READS)


async def permissions_of(context: Context, rows: Sequence[DeletableRow], _arguments: Arguments) -> list[list[str]]:
    """What the actor may do with each row; a deleted one can only be restored."""
    roles = await context.load_many(actor_roles_by_team, [team_of(row) for row in rows])
    granted = [_granted(context, row, role) for row, role in zip(rows, roles, strict=True)]
    deleted = [place for place, row in enumerate(rows) if row.deleted_at is not None]
    for place, verdict in zip(deleted, await restore_verdicts(context, [rows[one] for one in deleted]), strict=True):
        granted[place] = [Permission.RESTORE.name] if verdict is True else []
    return granted


def _granted(context: Context, row: NounRow, role: str | None) -> list[str]:
    policies = noun_named(row.typename).permissions
    return [action.name for action, policy in policies.items() if policy(context.actor, row, role) is True]


async def restore_verdicts(context: Context, rows: Sequence[DeletableRow]) -> list[Verdict]:
    """Whether the actor may bring each deleted row back: its noun's policy, told what they are or were in its team."""
    roles = await context.load_many(actor_roles_to_restore, [team_of(row) for row in rows])
    nouns = [noun_named(row.typename) for row in rows]
    return [noun.can_restore(context.actor, row, role) for noun, row, role in zip(nouns, rows, roles, strict=True)]


async def permissions_of_deletions(
    context: Context, deletions: Sequence[DeletionRow], _arguments: Arguments
) -> list[list[str]]:
    """What the actor may do with each deletion; nothing with one that holds nothing any more, or
    that only others may restore."""
    return await asyncio.gather(*(_of_deletion(context, deletion) for deletion in deletions))


async def _of_deletion(context: Context, deletion: DeletionRow) -> list[str]:
    keys = [Key(deletion.organization_id, one) for one in deletion.subject_ids]
    subjects = await context.load_many(rows_to_judge, keys, noun_named(deletion.subject_type).source)
    held = [row for row in subjects if row is not None and row.deletion_id == deletion.id]
    if not held or any(verdict is not True for verdict in await restore_verdicts(context, held)):
        return []
    return [Permission.RESTORE.name, *_granted(context, deletion, None)]
