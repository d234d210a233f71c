"""Coming into a team: who has been in it comes back as the member they were, so that their tasks are theirs."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal, select

from app.auth.guards import require_row
from app.db.record import Record
from app.db.statement import Clause, statement_as
from app.events.change import change, create
from app.graph.context import Context
from app.graph.select import scoped
from app.members.rows import OrganizationMemberRow
from app.team_members.loaders import TEAM_MEMBERS, team_members
from app.team_members.rows import TeamMemberRow
from app.teams.rows import TeamRow
from app.trash.loaders import DELETIONS, IN_TRASH
from app.trash.restore import restore_rows
from app.writing.rows import rows_for_update


class Membership(Record):
    """One that somebody has in a team, or had."""

    id: UUID
    live: bool


async def join_team(context: Context, team: TeamRow, member: OrganizationMemberRow, role: str) -> TeamMemberRow:
    """The membership of the organization's `member` in the `team`, both live and locked by the operation.

    Where there is one already it gets the role.
    """
    values = {"organization_id": team.organization_id, "team_id": team.id, "member_id": member.id}
    for row in await context.fetch(_memberships(), values):
        if not row.live:
            (former,) = await rows_for_update(context, TEAM_MEMBERS, [row.id], deleted=True)
            await restore_rows(context, TEAM_MEMBERS, [require_row(former, "team member")])
        (found,) = await rows_for_update(context, TEAM_MEMBERS, [row.id])
        return await change(context, TEAM_MEMBERS, require_row(found, "team member"), {"role": role})
    made = {"team_id": team.id, "organization_member_id": member.id, "role": role}
    return await create(context, TEAM_MEMBERS, team.organization_id, made)


async def is_in_team(context: Context, team: TeamRow, member: OrganizationMemberRow) -> bool:
    """Whether the organization's `member` is in the `team` now."""
    values = {"organization_id": team.organization_id, "team_id": team.id, "member_id": member.id}
    return any(row.live for row in await context.fetch(_memberships(), values))


@statement_as(Membership)
def _memberships() -> Clause:
    """The one that lives, or else the newest that can be restored."""
    deletions = DELETIONS.table
    same = (deletions.c.organization_id == team_members.c.organization_id) & (
        deletions.c.id == team_members.c.deletion_id
    )
    live = team_members.c.deleted_at.is_(None)
    return (
        select(team_members.c.id, live.label("live"))
        .outerjoin(deletions, same & IN_TRASH)
        .where(
            scoped(TEAM_MEMBERS),
            team_members.c.organization_id == bindparam("organization_id", type_=Uuid),
            team_members.c.team_id == bindparam("team_id", type_=Uuid),
            team_members.c.organization_member_id == bindparam("member_id", type_=Uuid),
            live | deletions.c.id.is_not(None),
        )
        .order_by(live.desc(), team_members.c.deleted_at.desc())
        .limit(literal(1))
    )
