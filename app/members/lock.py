"""Holding still who is what in an organization, while one of its members changes.

Whoever changes a member holds the organization's row until the commit. So two owners who remove each other at once come
one after the other: the second looks at what the first has made of them, and is no owner any more, or the last one.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal, select

from app.db.statement import Clause, statement
from app.graph.context import Context
from app.graph.guards import require_row
from app.graph.mutation import UserErrorCode, rejected
from app.graph.rows import rows_for_update
from app.graph.select import scoped
from app.members.loaders import ORGANIZATION_MEMBERS, members, organization_of_member
from app.members.policies import OWNER
from app.organizations.loaders import ORGANIZATIONS


async def member_for_update(context: Context, member_id: UUID, *, deleted: bool = False) -> Any:
    """The membership, live or `deleted`, with the actor's own roles as they are now.

    Raises NotFound, and Rejected where the organization is deleted.
    """
    noun = "deleted member" if deleted else "member"
    (organization_id,) = await organization_of_member(context, [member_id])
    require_row(organization_id, noun)
    if await rows_for_update(context, ORGANIZATIONS, [organization_id]) == [None]:
        raise rejected(UserErrorCode.PARENT_DELETED, "The organization is deleted: restore it first.", "id")
    await context.signed_in.refresh_actor()
    (member,) = await rows_for_update(context, ORGANIZATION_MEMBERS, [member_id], deleted=deleted)
    require_row(member, noun)
    return member


async def require_other_owner(context: Context, member: Any, argument: str) -> None:
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
