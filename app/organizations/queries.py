"""Finding organizations."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from app.graph.connections import Connection
from app.graph.context import Info
from app.graph.edges import key_of_actor, to_many
from app.graph.ids import parse_id
from app.organizations.filter import ORGANIZATION_LIST
from app.organizations.loaders import (
    any_organization,
    organization_by_slug,
    organizations_of_actor,
)
from app.organizations.policies import can_read
from app.organizations.types import Organization
from app.writing.mutation import object_of


@strawberry.input(one_of=True, description="What an organization is found by: one of these.")
class OrganizationBy:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description="Its id.")
    slug: str | None = strawberry.field(default=UNSET, description="Its slug.")


@strawberry.type
class OrganizationQueries:
    @strawberry.field(
        description="An organization that the viewer is a member of, deleted or not; null where there is none. By "
        "slug the live one is found, or else the one that was deleted last."
    )
    async def organization(
        self, info: Info, by: Annotated[OrganizationBy, strawberry.argument(description="Its id or its slug.")]
    ) -> Organization | None:
        actor = info.context.actor
        if isinstance(by.slug, str):
            row = await info.context.load(organization_by_slug, by.slug)
        else:
            row = await info.context.load(any_organization, parse_id(by.id or "", "by.id"))
        return object_of(row) if row is not None and can_read(actor, row) else None

    organizations: Connection[Organization] | None = to_many(
        organizations_of_actor,
        ORGANIZATION_LIST,
        key=key_of_actor,
        description="The organizations that the viewer is a member of, by name.",
    )
