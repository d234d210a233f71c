"""Finding teams."""

from typing import Annotated, Any

import strawberry

from app.graph.context import Info
from app.graph.ids import parse_id
from app.organizations.policies import can_read
from app.teams.loaders import any_team
from app.teams.types import Team


@strawberry.type
class TeamQueries:
    @strawberry.field(
        description="A team of one of the viewer's organizations, deleted or not; null where there is none."
    )
    async def team(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # its name in the schema
    ) -> Team | None:
        actor = info.context.actor
        row: Any = await info.context.load(any_team, parse_id(id, "id"))
        return row if row is not None and can_read(actor, row) else None
