"""Whoever is calling."""

import strawberry

from app.graph.context import Info
from app.graph.select import Key
from app.users.loaders import user_by_id
from app.users.types import Viewer


@strawberry.type
class UserQueries:
    @strawberry.field(description="Whoever is calling. Answers without a token too: then `user` is null.")
    async def viewer(self, info: Info) -> Viewer:
        unit = info.context.unit
        user = None if unit is None else await info.context.load(user_by_id, Key(None, unit.actor.id))
        return Viewer(user=user)
