"""Whoever is calling, and looking before somebody is erased."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from app.auth.guards import require
from app.graph.context import Info
from app.graph.ids import parse_id
from app.graph.select import Key
from app.organizations.loaders import organization_by_id
from app.users.erase import COUNTS, count_erased, is_known
from app.users.loaders import user_by_id
from app.users.policies import can_erase
from app.users.types import ErasurePreview, Viewer
from app.writing.mutation import object_of

UserId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The person's id.")]
OrganizationId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The organization in which they are erased; null for all that is known of them."),
]


@strawberry.type
class UserQueries:
    @strawberry.field(description="Whoever is calling. Answers without a token too: then `user` and `apiKey` are null.")
    async def viewer(self, info: Info) -> Viewer | None:
        unit = info.context.unit
        user_id = None if unit is None else unit.actor.user_id
        user = None if user_id is None else await info.context.load(user_by_id, Key(None, user_id))
        return Viewer(user=object_of(user))

    @strawberry.field(
        description="What `eraseUser` would take; null where there is nobody of that id. FORBIDDEN to those who may "
        "not do it."
    )
    async def erasure_preview(
        self, info: Info, user_id: UserId, organization_id: OrganizationId = UNSET
    ) -> ErasurePreview | None:
        context, person = info.context, parse_id(user_id, "id")
        within = parse_id(organization_id, "organizationId") if organization_id else None
        if not await is_known(context, person, within):
            return None
        require(can_erase(context.actor, person, within))
        counted = await count_erased(context.fetch, person, within)
        if counted is None:
            return None
        owned = [Key(one, one) for one in counted.last_owner_of]
        return ErasurePreview(
            **{name: counted[name] for name in COUNTS},
            last_owner_of=object_of(await context.load_many(organization_by_id, owned)),
        )
