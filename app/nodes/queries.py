"""Finding any object by its id."""

import asyncio
from typing import Annotated

import strawberry

from app.db.record import Record
from app.graph.context import Context, Info
from app.graph.errors import BadUserInput
from app.graph.ids import parse_id
from app.graph.node import Node
from app.nodes.loaders import NodeKey, node_key_of_id
from app.writing.mutation import object_of

LARGEST_LIST = 100


@strawberry.type
class NodeQueries:
    @strawberry.field(description="Any object that the viewer may see, deleted or not; null where there is none.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002  # its name in the schema
    ) -> Node | None:
        found: Node | None = object_of(await _node(info.context, id, "id"))
        return found

    @strawberry.field(
        description="The objects of some ids, at most 100, in their order, deleted or not; null where there is none."
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their ids.")]
    ) -> list[Node | None] | None:
        if len(ids) > LARGEST_LIST:
            raise BadUserInput(f"`ids` holds {len(ids)} ids: at most {LARGEST_LIST} are allowed.")
        rows = await asyncio.gather(*(_node(info.context, one, f"ids.{place}") for place, one in enumerate(ids)))
        found: list[Node | None] = object_of(rows)
        return found


async def _node(context: Context, given: str, argument: str) -> Record | None:
    actor = context.actor
    found: NodeKey | None = await context.load(node_key_of_id, parse_id(given, argument))
    if found is None:
        return None
    row = await context.load(found.noun.by_key, found.key)
    return row if row is not None and found.noun.can_read(actor, row) else None
