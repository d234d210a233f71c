"""Looking before deleting."""

from typing import Annotated

import strawberry

from app.graph.context import Info
from app.graph.ids import parse_id
from app.nodes.loaders import NodeKey, node_key_of_id
from app.trash.preview import count_under
from app.trash.types import Deletable, DeletionCounts


@strawberry.type
class TrashQueries:
    @strawberry.field(
        description="How many objects deleting one would take, those under it included; null where there is none, or "
        "it is deleted already."
    )
    async def deletion_preview(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of what could be deleted.")],  # noqa: A002  # its name in the schema
    ) -> DeletionCounts | None:
        actor = info.context.actor
        found: NodeKey | None = await info.context.load(node_key_of_id, parse_id(id, "id"))
        if found is None or not issubclass(found.noun, Deletable) or not found.noun.can_read(actor, found.key):
            return None
        counts = await count_under(info.context, found.noun.source.table, found.key)
        return DeletionCounts(**counts) if counts[found.noun.source.table.name] else None
