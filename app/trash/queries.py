"""Looking before deleting."""

from typing import Annotated

import strawberry

from app.graph.context import Info
from app.graph.ids import parse_id
from app.nodes.loaders import Place, place_of_id
from app.trash.preview import count_under
from app.trash.types import Deletable, DeletionCounts


@strawberry.type
class TrashQueries:
    @strawberry.field(
        description="How many objects deleting one would take, those under it included; null where there is none."
    )
    async def deletion_preview(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of what could be deleted.")],  # noqa: A002  # its name in the schema
    ) -> DeletionCounts | None:
        actor = info.context.actor
        place: Place | None = await info.context.load(place_of_id, parse_id(id, "id"))
        if place is None or not issubclass(place.noun, Deletable) or not place.noun.can_read(actor, place.key):
            return None
        return DeletionCounts(**await count_under(info.context, place.noun.source.table, place.key))
