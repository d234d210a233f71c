"""Holding still who is what in an organization, while one of its members changes.

Whoever changes a member holds the organization's row until the commit. So two owners who remove each other at once come
one after the other: the second looks at what the first has made of them, and is no owner any more, or the last one.
"""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal, select

from app.auth.guards import require_row
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.graph.select import scoped
from app.members.loaders import ORGANIZATION_MEMBERS, members, organization_of_member
from app.members.policies import OWNER
from app.members.rows import OrganizationMemberRow
from app.organizations.loaders import ORGANIZATIONS
from app.writing.mutation import Rejected, UserErrorCode, rejected
from app.writing.rows import rows_for_update, rows_to_delete


async def member_for_update(context: Context, member_id: UUID, *, deleted: bool = False) -> OrganizationMemberRow:
    """The membership, live or `deleted`, with the actor's own roles as they are now.

    Raises NotFound, and Rejected where the organization is deleted.
    """
    noun = "deleted member" if deleted else "member"
    if not await _hold_organization(context, member_id, noun):
        raise _organization_deleted()
    (member,) = await rows_for_update(context, ORGANIZATION_MEMBERS, [member_id], deleted=deleted)
    return require_row(member, noun)


async def member_to_remove(context: Context, member_id: UUID) -> OrganizationMemberRow:
    """The same of one that is to be removed: locked, or removed already."""
    lives = await _hold_organization(context, member_id, "member")
    member = require_row((await rows_to_delete(context, ORGANIZATION_MEMBERS, [member_id]))[0], "member")
    if not lives and member.deleted_at is None:
        raise _organization_deleted()
    return member


async def _hold_organization(context: Context, member_id: UUID, noun: str) -> bool:
    """Whether the member's organization lives: its row is locked then. Raises NotFound."""
    organization_id = require_row((await organization_of_member(context, [member_id]))[0], noun)
    (organization,) = await rows_for_update(context, ORGANIZATIONS, [organization_id])
    await context.signed_in.refresh_actor()
    return organization is not None


def _organization_deleted() -> Rejected:
    return rejected(UserErrorCode.PARENT_DELETED, "The organization is deleted: restore it first.", "id")


async def require_other_owner(context: Context, member: OrganizationMemberRow, argument: str) -> None:
    """Raises Rejected at `argument` where the locked `member` is the organization's last owner."""
    values = {"organization_id": member.organization_id, "member_id": member.id}
    if member.role == OWNER and not await context.fetch(_other_owner(), values):
        message = "This is the organization's last owner: make somebody else an owner first."
        raise rejected(UserErrorCode.LAST_OWNER, message, argument)


@statement
def _other_owner() -> Clause:
    return (
        select(literal(1))
        .where(
            scoped(ORGANIZATION_MEMBERS),
            members.c.organization_id == bindparam("organization_id", type_=Uuid),
            members.c.id != bindparam("member_id", type_=Uuid),
            members.c.role == OWNER,
            members.c.deleted_at.is_(None),
        )
        .limit(1)
    )
