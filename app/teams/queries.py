"""Finding teams."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from app.graph.context import Info
from app.graph.errors import BadUserInput
from app.graph.ids import parse_id
from app.organizations.policies import can_read
from app.teams.loaders import TeamName, any_team, team_by_name
from app.teams.types import Team
from app.writing.mutation import object_of


@strawberry.input(description="What people call a team.")
class TeamKey:
    organization_slug: str = strawberry.field(description="The slug of its organization.")
    key: str = strawberry.field(description="Its key, as in ENG; upper and lower case are the same.")


@strawberry.input(one_of=True, description="What a team is found by: one of these.")
class TeamBy:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    key: TeamKey | None = strawberry.field(default=UNSET, description="Its key.")


@strawberry.type
class TeamQueries:
    @strawberry.field(
        description="A team of one of the viewer's organizations, deleted or not; null where there is none. By key the "
        "live one is found, or else the one that was deleted last. Takes `id` or `by`, not both."
    )
    async def team(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")] = None,  # noqa: A002  # its name in the schema
        by: Annotated[TeamBy | None, strawberry.argument(description="Its id or its key.")] = None,
    ) -> Team | None:
        actor = info.context.actor
        if (id is None) == (by is None):
            raise BadUserInput("Give `id` or `by`: one of them, and not both.")
        if by is not None and by.key:
            row = await info.context.load(team_by_name, TeamName(by.key.organization_slug, by.key.key.upper()))
        else:
            given, argument = (id, "id") if by is None else (by.id, "by.id")
            row = await info.context.load(any_team, parse_id(given or "", argument))
        return object_of(row) if row is not None and can_read(actor, row) else None
