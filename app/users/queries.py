"""Whoever is calling."""

import strawberry

from app.graph.context import Info
from app.graph.select import Key
from app.users.loaders import user_by_id
from app.users.types import Viewer


@strawberry.type
class UserQueries:
    @strawberry.field(description="Whoever is calling. Answers without a token too: then `user` and `apiKey` are null.")
    async def viewer(self, info: Info) -> Viewer | None:
        unit = info.context.unit
        user_id = None if unit is None else unit.actor.user_id
        user = None if user_id is None else await info.context.load(user_by_id, Key(None, user_id))
        return Viewer(user=user)
