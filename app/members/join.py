"""Coming into an organization: who has been a member comes back as the one they were, and has their tasks again."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal, select

from app.auth.guards import require_row
from app.db.record import Record
from app.db.statement import Clause, statement_as
from app.events.change import change, create
from app.graph.context import Context
from app.graph.select import scoped
from app.members.loaders import ORGANIZATION_MEMBERS, members
from app.members.rows import OrganizationMemberRow
from app.trash.loaders import DELETIONS, IN_TRASH
from app.trash.restore import restore_rows
from app.writing.rows import rows_for_update


class Membership(Record):
    """One that somebody has, or had."""

    id: UUID
    live: bool


async def join_organization(context: Context, organization_id: UUID, role: str) -> OrganizationMemberRow:
    """The actor's membership in an organization that the operation holds locked, and may write in.

    A member stays what they are. Who was removed, and could be restored, is: with the teams that they were in, but with
    this `role`, since whoever brings them back gives no other.
    """
    values = {"organization_id": organization_id, "actor_id": context.actor.id}
    for row in await context.fetch(_memberships(), values):
        if row.live:
            (member,) = await rows_for_update(context, ORGANIZATION_MEMBERS, [row.id])
            return require_row(member, "member")
        (former,) = await rows_for_update(context, ORGANIZATION_MEMBERS, [row.id], deleted=True)
        await restore_rows(context, ORGANIZATION_MEMBERS, [require_row(former, "member")])
        (member,) = await rows_for_update(context, ORGANIZATION_MEMBERS, [row.id])
        return await change(context, ORGANIZATION_MEMBERS, require_row(member, "member"), {"role": role})
    return await create(context, ORGANIZATION_MEMBERS, organization_id, {"user_id": context.actor.id, "role": role})


@statement_as(Membership)
def _memberships() -> Clause:
    """The one that lives, or else the newest that can be restored."""
    deletions = DELETIONS.table
    same = (deletions.c.organization_id == members.c.organization_id) & (deletions.c.id == members.c.deletion_id)
    live = members.c.deleted_at.is_(None)
    return (
        select(members.c.id, live.label("live"))
        .outerjoin(deletions, same & IN_TRASH)
        .where(
            scoped(ORGANIZATION_MEMBERS),
            members.c.organization_id == bindparam("organization_id", type_=Uuid),
            members.c.user_id == bindparam("actor_id", type_=Uuid),
            live | deletions.c.id.is_not(None),
        )
        .order_by(live.desc(), members.c.deleted_at.desc())
        .limit(literal(1))
    )
