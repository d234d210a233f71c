"""Changing the settings of organizations, teams and members of teams."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from app.auth.guards import require, require_row
from app.graph.context import Info
from app.graph.ids import parse_id
from app.graph.select import Key
from app.organizations.loaders import ORGANIZATIONS
from app.organizations.mutations import OrganizationId
from app.organizations.policies import can_update
from app.organizations.types import Organization
from app.settings.change import change_settings
from app.settings.inputs import OrganizationSettingsInput, TeamMemberSettingsInput, TeamSettingsInput
from app.settings.loaders import Subject
from app.settings.policies import can_choose
from app.team_members.loaders import TEAM_MEMBERS, actor_roles_by_team
from app.team_members.mutations import TeamMemberId
from app.team_members.types import TeamMember
from app.teams.loaders import TEAMS
from app.teams.mutations import TeamId
from app.teams.policies import can_manage
from app.teams.types import Team
from app.writing.mutation import Payload, mutation
from app.writing.rows import rows_for_update

ExpectedVersion = Annotated[
    int | None,
    strawberry.argument(description="CONFLICT if this is not the version of its `settings`; null for any."),
]


@strawberry.type
class SettingMutations:
    @mutation(
        description="Changes what an organization has set for its teams. FORBIDDEN to those who are neither its owners "
        "nor its admins. Where nothing is different, nothing happens and the version stays.",
        scope="ADMIN",
    )
    async def update_organization_settings(
        self,
        info: Info,
        organization_id: OrganizationId,
        given: Annotated[
            OrganizationSettingsInput, strawberry.argument(name="input", description="What is to be different.")
        ],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[Organization]:
        context = info.context
        (found,) = await rows_for_update(context, ORGANIZATIONS, [parse_id(organization_id, "id")])
        row = require_row(found, "organization")
        require(can_update(context.actor, row))
        await change_settings(context, Subject(row.id), row, given, expected_version)
        return Payload.of(row)

    @mutation(
        description="Changes what a team has set for its members. LOCKED where the organization forbids to override a "
        "setting: it can then only be cleared. FORBIDDEN to those who are neither the team's admins nor administer the "
        "organization."
    )
    async def update_team_settings(
        self,
        info: Info,
        team_id: TeamId,
        given: Annotated[TeamSettingsInput, strawberry.argument(name="input", description="What is to be different.")],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[Team]:
        context = info.context
        (found,) = await rows_for_update(context, TEAMS, [parse_id(team_id, "id")])
        row = require_row(found, "team")
        role = await context.load(actor_roles_by_team, Key(row.organization_id, row.id))
        require(can_manage(context.actor, row, role))
        await change_settings(context, Subject(row.organization_id, row.id), row, given, expected_version)
        return Payload.of(row)

    @mutation(
        description="Changes what the viewer has set for themselves in a team. LOCKED where the team or the "
        "organization forbids to override a setting: it can then only be cleared. FORBIDDEN for the membership of "
        "somebody else, whoever asks.",
        scope=None,
    )
    async def update_team_member_settings(
        self,
        info: Info,
        team_member_id: TeamMemberId,
        given: Annotated[
            TeamMemberSettingsInput, strawberry.argument(name="input", description="What is to be different.")
        ],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[TeamMember]:
        context = info.context
        (found,) = await rows_for_update(context, TEAM_MEMBERS, [parse_id(team_member_id, "id")])
        row = require_row(found, "team member")
        require(can_choose(context.actor, row, None))
        subject = Subject(row.organization_id, row.team_id, row.id)
        await change_settings(context, subject, row, given, expected_version)
        return Payload.of(row)
