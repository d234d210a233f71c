"""What can be deleted, deletions, and the payloads of deleting and restoring."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Self

import strawberry

from app.db.record import DeletableRow, Record
from app.graph.context import Context
from app.graph.edges import to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node, noun_named
from app.graph.select import Key
from app.organizations.policies import can_read
from app.permissions.judge import READS, permissions_of, permissions_of_deletions
from app.permissions.models import Permission
from app.trash.loaders import DELETIONS, deletion_by_id
from app.trash.policies import can_purge
from app.trash.rows import DeletionRow
from app.users.loaders import user_by_id
from app.users.types import User
from app.writing.mutation import UserError, object_of


@strawberry.interface(description="An object that can be deleted and restored.")
class Deletable:
    id: strawberry.ID = strawberry.field(description="A UUID, unique among all objects.")
    viewer_permissions: list[Permission] = by_level(
        permissions_of, needs=READS, description="What the viewer may do with it, so that others need not be offered."
    )
    deleted_at: datetime | None = strawberry.field(description="When it was deleted; null while it is not.")
    deletion: Annotated["Deletion", strawberry.lazy("app.trash.types")] | None = to_one(
        deletion_by_id, "deletion_id", description="What it was deleted with; null while it is not deleted."
    )


@strawberry.type(description="How many objects of each kind.")
class DeletionCounts:
    organizations: int = strawberry.field(default=0, description="Organizations.")
    organization_members: int = strawberry.field(default=0, description="Memberships in organizations.")
    teams: int = strawberry.field(default=0, description="Teams.")
    team_members: int = strawberry.field(default=0, description="Memberships in teams.")
    tasks: int = strawberry.field(default=0, description="Tasks.")
    documents: int = strawberry.field(default=0, description="Documents.")


async def subjects(context: Context, deletions: Sequence[DeletionRow], _arguments: Arguments) -> list[Record | None]:
    """The first of what each deletion was asked for."""
    return await asyncio.gather(
        *(
            context.load(noun_named(one.subject_type).by_key, Key(one.organization_id, one.subject_ids[0]))
            for one in deletions
        )
    )


def counts(_context: Context, deletions: Sequence[DeletionRow], _arguments: Arguments) -> list[DeletionRow]:
    """A deletion's row has the counts in columns of the same names."""
    return list(deletions)


@strawberry.type(description="What was deleted together, and can be restored together until it is purged.")
class Deletion(Node):
    source = DELETIONS
    by_key = deletion_by_id
    can_read = can_read
    permissions: ClassVar = {Permission.PURGE: can_purge}  # and RESTORE, which is for those who may restore its subject

    subject: Deletable = by_level(
        subjects,
        needs=("organization_id", "subject_type", "subject_ids"),
        description="What was asked to be deleted; of several objects the first.",
    )
    viewer_permissions: list[Permission] = by_level(
        permissions_of_deletions, needs=READS, description="Whether the viewer may restore it, and purge it."
    )
    deleted_at: datetime = strawberry.field(description="When.")
    deleted_by: User | None = to_one(
        user_by_id, "deleted_by", description="Who did it; null where an API key did, which the event says."
    )
    purge_at: datetime = strawberry.field(description="Until when it can be restored; after that it is gone for good.")
    counts: DeletionCounts = by_level(
        counts,
        needs=tuple(DeletionCounts.__annotations__),
        description="How many objects it holds, those under its subject included.",
    )


@strawberry.type(description="What came of deleting.")
class DeletePayload:
    deletion: Deletion | None = strawberry.field(
        default=None,
        description="What was deleted together; of what had been deleted before, and is not deleted again, the "
        "deletion that it is in.",
    )
    deleted_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The objects that were asked for, without those under them."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="Why nothing was deleted.")

    @classmethod
    def of(cls, deletion: DeletionRow | None, rows: Sequence[DeletableRow]) -> Self:
        """The payload of deleting `rows`."""
        return cls(deletion=object_of(deletion), deleted_ids=[strawberry.ID(str(row.id)) for row in rows])


@strawberry.type(description="What came of restoring a deletion.")
class RestorePayload:
    restored: DeletionCounts = strawberry.field(
        default_factory=DeletionCounts, description="How many objects are back."
    )
    subject: Deletable | None = strawberry.field(
        default=None, description="What had been asked to be deleted; of several objects the first."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="Why nothing was restored.")


@strawberry.type(description="What came of removing a deletion for good.")
class PurgePayload:
    purged: DeletionCounts = strawberry.field(
        default_factory=DeletionCounts, description="How many objects are gone for good."
    )
    pending: bool = strawberry.field(
        default=False,
        description="More than 10,000 objects: they are out of reach at once, and removed in the background.",
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="Why nothing was purged.")
