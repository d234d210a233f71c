"""What the viewer may do with an object, whatever it is."""

from collections.abc import Sequence
from inspect import Parameter

import strawberry

from app.graph.context import Context
from app.graph.fields import Arguments, argument
from app.graph.ids import parse_id
from app.nodes.loaders import NodeKey, node_key_of_id
from app.permissions.judge import permissions_of, permissions_of_deletions, rows_to_judge
from app.trash.loaders import DELETIONS

ON = argument("on", strawberry.ID, "The id of the object.", Parameter.empty)


async def permissions_on(context: Context, _viewers: Sequence[object], arguments: Arguments) -> list[list[str] | None]:
    """What the viewer may do with the object that has the id `on`; None where they can see no such object."""
    found: NodeKey | None = await context.load(node_key_of_id, parse_id(arguments["on"], "on"))
    return [None if found is None else await _at(context, found)]


async def _at(context: Context, found: NodeKey) -> list[str] | None:
    noun = found.noun
    judged = (rows_to_judge, found.key, noun.source) if noun.permissions else (noun.by_key, found.key)
    row = await context.load(*judged)
    if row is None or not noun.can_read(context.actor, row):
        return None
    judge = permissions_of_deletions if noun.source is DELETIONS else permissions_of
    return (await judge(context, [row], {}))[0] if noun.permissions else []
