"""Coming into an organization by an invitation, of which whoever comes is no member yet."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, func, select

from app.auth.guards import NotFound, require_row
from app.auth.secrets import PresentedKey
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.graph.select import Key
from app.invitations.loaders import invitation_for_update, teams_of_invitation
from app.invitations.models import InvitationStatus
from app.invitations.rows import InvitationRow
from app.members.join import join_organization
from app.members.rows import OrganizationMemberRow
from app.organizations.loaders import ORGANIZATIONS
from app.team_members.join import join_team
from app.teams.loaders import TEAMS
from app.writing.rows import rows_for_update

NOUN = "invitation"


async def enter(context: Context, invitation_id: UUID, presented: PresentedKey | None) -> InvitationRow:
    """The locked row of a pending invitation to the actor's verified address, or of the one whose secret is presented.

    The database judges that, and lets the rest of the transaction into the organization, until the actor is refreshed.
    Raises NotFound for whatever can not be accepted: what never was, is over, or is somebody else's sounds the same.
    """
    values = {"invitation_id": invitation_id, "presented": presented and presented.secret_hash}
    organization_id = (await context.fetch(_enter(), values))[0][0]
    require_row(organization_id, NOUN)
    unit = context.signed_in
    roles = {**unit.actor.roles, organization_id: unit.actor.roles.get(organization_id, "MEMBER")}
    unit.actor = replace(unit.actor, roles=roles)
    # As whoever changes a member does; what the database has judged is looked at again behind those who came first.
    if await rows_for_update(context, ORGANIZATIONS, [organization_id]) == [None]:
        raise NotFound(f"There is no such {NOUN}.")
    row = await invitation_for_update(context, invitation_id)
    if row is None or row.status != InvitationStatus.PENDING.name:
        raise NotFound(f"There is no such {NOUN}.")
    return row


@statement
def _enter() -> Clause:
    names = bindparam("invitation_id", type_=Uuid), bindparam("presented", type_=LargeBinary)
    return select(func.trellis_enter(*names))


async def come_in(context: Context, row: InvitationRow) -> OrganizationMemberRow:
    """The actor's membership, by the invitation of `row`; the one that was, where they have been a member."""
    member = await join_organization(context, row.organization_id, row.role)
    (roles,) = await teams_of_invitation(context, [Key(row.organization_id, row.id)])
    roles_by_team = {one.team_id: one.role for one in roles}
    for team in await rows_for_update(context, TEAMS, list(roles_by_team)):
        if team is not None:
            await join_team(context, team, member, roles_by_team[team.id])
    return member
