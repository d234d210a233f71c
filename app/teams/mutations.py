"""Making, changing, deleting and restoring teams."""

import re
from typing import Annotated

import strawberry
from strawberry import UNSET

from app.auth.guards import require, require_row
from app.events.change import change, create
from app.graph.context import Info
from app.members.loaders import actor_member_by_organization
from app.organizations.loaders import ORGANIZATIONS
from app.team_members.loaders import TEAM_MEMBERS
from app.team_members.lock import row_to_delete, row_with_role
from app.team_members.models import TeamRole
from app.teams.loaders import TEAMS
from app.teams.models import LONGEST_DESCRIPTION, LONGEST_NAME
from app.teams.policies import can_create, can_manage
from app.teams.rename import keep_key
from app.teams.rows import TeamRow
from app.teams.types import Team
from app.trash.delete import delete_rows
from app.trash.restore import restore_rows
from app.trash.types import DeletePayload
from app.writing.inputs import Checks
from app.writing.mutation import Payload, UserError, UserErrorCode, mutation
from app.writing.parents import parent_for_update
from app.writing.rows import ExpectedVersion, require_version, rows_for_update

KEY = re.compile(r"[A-Z][A-Z0-9]{0,11}", re.ASCII)
KEY_HINT = "A letter A-Z, then up to 11 of A-Z and 0-9 are allowed."
KEY_TAKEN = UserError(
    code=UserErrorCode.TAKEN, message="Another team has this key: choose another.", path=["input", "key"]
)
VIOLATIONS = {"uq_teams_key": KEY_TAKEN}

TeamId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The team's id.")]


@strawberry.input(description="A team to be made.")
class CreateTeamInput:
    organization_id: strawberry.ID = strawberry.field(description="The organization whose team it will be.")
    key: str = strawberry.field(
        description="What its tasks' keys will begin with, unique in the organization: A-Z, then up to 11 of A-Z, 0-9."
    )
    name: str = strawberry.field(description="1 to 100 characters, white space around it not counted.")
    description: str | None = strawberry.field(default=UNSET, description="What it is for, at most 65,536 characters.")


@strawberry.input(description="Changes of a team: what is left out stays as it is, `null` clears.")
class UpdateTeamInput:
    key: str | None = strawberry.field(
        default=UNSET,
        description="What its tasks' keys begin with, unique in the organization: A-Z, then up to 11 of A-Z, 0-9; "
        "cannot be cleared. The keys that its tasks had before still find them.",
    )
    name: str | None = strawberry.field(
        default=UNSET, description="1 to 100 characters, white space around it not counted; cannot be cleared."
    )
    description: str | None = strawberry.field(default=UNSET, description="What it is for, at most 65,536 characters.")


@strawberry.type
class TeamMutations:
    @mutation(
        description="Makes a team in an organization that the viewer is a member of; whoever does is its "
        "first admin, unless it is an API key.",
        violations=VIOLATIONS,
    )
    async def create_team(
        self,
        info: Info,
        given: Annotated[CreateTeamInput, strawberry.argument(name="input", description="What it will be.")],
    ) -> Payload[Team]:
        context, checks = info.context, Checks("input")
        parent = await parent_for_update(
            context, ORGANIZATIONS, given.organization_id, "organization", checks, "organizationId"
        )
        if parent is not None:
            require(can_create(context.actor, parent))
        values = _values(given, checks)
        organization = checks.passed(parent)
        member_id = await context.load(actor_member_by_organization, organization.id)
        if context.actor.user_id is not None:
            require_row(member_id, "organization")  # removed from it while this waited for it
        team = await create(context, TEAMS, organization.id, values)
        if member_id is not None:
            admin = {"team_id": team.id, "organization_member_id": member_id, "role": TeamRole.ADMIN.name}
            await create(context, TEAM_MEMBERS, organization.id, admin)
        return Payload.of(team)

    @mutation(
        description="Changes a team. FORBIDDEN to those who are neither its admins nor administer the organization. "
        "Where nothing is different, nothing happens and its version stays.",
        violations=VIOLATIONS,
    )
    async def update_team(
        self,
        info: Info,
        team_id: TeamId,
        given: Annotated[UpdateTeamInput, strawberry.argument(name="input", description="What is to be different.")],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[Team]:
        context, checks = info.context, Checks("input")
        team = await _managed(info, team_id)
        require_version(team, expected_version, shown=team)
        values = _values(given, checks)
        checks.done()
        after = await change(context, TEAMS, team, values)
        if after.key != team.key:
            await keep_key(context, team)
        return Payload.of(after)

    @mutation(
        description="Deletes a team with its memberships and tasks. FORBIDDEN to those who are neither its admins nor "
        "administer the organization."
    )
    async def delete_team(self, info: Info, team_id: TeamId) -> DeletePayload:
        context = info.context
        team, role = await row_to_delete(context, TEAMS, team_id, "team")
        require(can_manage(context.actor, team, role))
        return DeletePayload.of(await delete_rows(context, TEAMS, [team]), [team])

    @mutation(
        description="Restores a deleted team and what was deleted along with it. TAKEN where another team has its key "
        "by now. FORBIDDEN to those who neither were its admins nor administer the organization."
    )
    async def restore_team(self, info: Info, team_id: TeamId) -> Payload[Team]:
        team = await _managed(info, team_id, deleted=True)
        await restore_rows(info.context, TEAMS, [team])
        (restored,) = await rows_for_update(info.context, TEAMS, [team.id], *TEAMS.long)
        return Payload.of(restored)


async def _managed(info: Info, team_id: str, *, deleted: bool = False) -> TeamRow:
    """The locked row of a team, live or `deleted`, that the actor manages; raises NotFound and Forbidden."""
    team, role = await row_with_role(info.context, TEAMS, team_id, "team", *TEAMS.long, deleted=deleted)
    require(can_manage(info.context.actor, team, role))
    return team


def _values(given: CreateTeamInput | UpdateTeamInput, checks: Checks) -> dict[str, str | None]:
    """The columns that the input says something about."""
    values: dict[str, str | None] = {}
    if checks.required(given.key, "key"):
        values["key"] = checks.form(given.key, "key", pattern=KEY, hint=KEY_HINT)
    if checks.required(given.name, "name"):
        values["name"] = checks.name(given.name, "name", longest=LONGEST_NAME)
    if given.description is not UNSET:
        values["description"] = checks.optional_text(given.description, "description", longest=LONGEST_DESCRIPTION)
    return values
