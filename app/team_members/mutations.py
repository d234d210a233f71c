"""Bringing members of an organization into its teams, giving them roles there, removing them and bringing them back."""

from typing import Annotated

import strawberry

from app.auth.guards import require, require_row
from app.events.change import change
from app.graph.context import Context, Info
from app.graph.select import Key
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.rows import OrganizationMemberRow
from app.team_members.join import is_in_team, join_team
from app.team_members.loaders import TEAM_MEMBERS, actor_roles_by_team, team_member_by_id
from app.team_members.lock import row_to_delete, row_with_role
from app.team_members.models import TeamRole
from app.team_members.policies import can_remove
from app.team_members.rows import TeamMemberRow
from app.team_members.types import TeamMember
from app.teams.loaders import TEAMS
from app.teams.policies import can_manage
from app.teams.rows import TeamRow
from app.trash.delete import delete_rows
from app.trash.restore import restore_rows
from app.trash.types import DeletePayload
from app.writing.inputs import Checks
from app.writing.mutation import Payload, Rejected, UserError, UserErrorCode, mutation
from app.writing.parents import parent_for_update

TAKEN = UserError(
    code=UserErrorCode.TAKEN, message="They are a member of the team already.", path=["input", "organizationMemberId"]
)
TeamMemberId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The membership's id.")]


@strawberry.input(description="A member of an organization to be brought into one of its teams.")
class AddTeamMemberInput:
    team_id: strawberry.ID = strawberry.field(description="The team.")
    organization_member_id: strawberry.ID = strawberry.field(
        description="Who: the id of their membership in the team's organization (an `OrganizationMember`)."
    )
    role: TeamRole = strawberry.field(default=TeamRole.MEMBER, description="What they will be in the team.")


@strawberry.type
class TeamMemberMutations:
    @mutation(
        description="Brings a member of an organization into one of its teams; who was removed from it comes back as "
        "the member that they were, with their tasks. FORBIDDEN to those who are neither the "
        "team's admins nor administer the organization.",
        violations={"uq_team_members_organization_member": TAKEN},
    )
    async def add_team_member(
        self,
        info: Info,
        given: Annotated[
            AddTeamMemberInput, strawberry.argument(name="input", description="Who, where, and what they will be.")
        ],
    ) -> Payload[TeamMember]:
        context, checks = info.context, Checks("input")
        member, team = await _parents(context, given, checks)
        if team is not None:
            own_role = await context.load(actor_roles_by_team, Key(team.organization_id, team.id))
            require(can_manage(context.actor, team, own_role))
        if team is not None and member is not None and member.organization_id != team.organization_id:
            checks.wrong(UserErrorCode.NOT_FOUND, "There is no such member.", "organizationMemberId")
        checks.done()
        team, member = require_row(team, "team"), require_row(member, "member")
        if await is_in_team(context, team, member):
            raise Rejected(TAKEN)
        return await _payload(context, await join_team(context, team, member, given.role.name))

    @mutation(
        description="Gives a team's member another role. FORBIDDEN to those who are neither the team's admins nor "
        "administer the organization."
    )
    async def update_team_member(
        self,
        info: Info,
        team_member_id: TeamMemberId,
        role: Annotated[TeamRole, strawberry.argument(description="What they are to be in the team.")],
    ) -> Payload[TeamMember]:
        context = info.context
        row, own_role = await row_with_role(context, TEAM_MEMBERS, team_member_id, "team member")
        require(can_manage(context.actor, row, own_role))
        return await _payload(context, await change(context, TEAM_MEMBERS, row, {"role": role.name}))

    @mutation(
        description="Removes a member from a team; their tasks stay assigned. FORBIDDEN to those who are neither the "
        "team's admins nor administer the organization; but anybody may leave."
    )
    async def remove_team_member(self, info: Info, team_member_id: TeamMemberId) -> DeletePayload:
        context = info.context
        row, own_role = await row_to_delete(context, TEAM_MEMBERS, team_member_id, "team member")
        require(can_remove(context.actor, row, own_role))
        return DeletePayload.of(await delete_rows(context, TEAM_MEMBERS, [row]), [row])

    @mutation(
        description="Brings a removed member back into a team, with their role. TAKEN where the person is a member "
        "again. FORBIDDEN to those who are neither the team's admins nor administer the organization."
    )
    async def restore_team_member(self, info: Info, team_member_id: TeamMemberId) -> Payload[TeamMember]:
        context = info.context
        row, own_role = await row_with_role(context, TEAM_MEMBERS, team_member_id, "team member", deleted=True)
        require(can_manage(context.actor, row, own_role))
        await restore_rows(context, TEAM_MEMBERS, [row])
        return await _payload(context, row)


async def _parents(
    context: Context, given: AddTeamMemberInput, checks: Checks
) -> tuple[OrganizationMemberRow | None, TeamRow | None]:
    """The member of the organization and the team, locked in the order in which a restore locks them."""
    member = await parent_for_update(
        context, ORGANIZATION_MEMBERS, given.organization_member_id, "member", checks, "organizationMemberId"
    )
    return member, await parent_for_update(context, TEAMS, given.team_id, "team", checks, "teamId")


async def _payload(context: Context, row: TeamMemberRow) -> Payload[TeamMember]:
    key = Key(row.organization_id, row.id)
    return Payload.of(await context.reload(team_member_by_id, key))
