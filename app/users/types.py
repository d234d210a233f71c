"""A person, and whoever is calling."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.graph.connections import Connection
from app.graph.edges import key_of_actor, to_many
from app.graph.fields import by_level
from app.graph.node import Node
from app.organizations.loaders import ORGANIZATIONS, ORGANIZATIONS_BY_NAME, organizations_of_actor
from app.permissions.find import ON, permissions_on
from app.permissions.models import Permission
from app.users.loaders import USERS, user_by_key
from app.users.policies import can_read

if TYPE_CHECKING:
    from app.organizations.types import Organization


@strawberry.type(description="A person. You see those with whom you share, or shared, an organization.")
class User(Node):
    source = USERS
    by_key = user_by_key
    can_read = can_read

    name: str = strawberry.field(description="What people call them, at most 100 characters.")
    email: str = strawberry.field(description="Their e-mail address, at most 254 characters.")
    avatar_url: str | None = strawberry.field(description="Where their picture is.")
    created_at: datetime = strawberry.field(description="When they first came here.")


@strawberry.type(description="Whoever is calling.")
class Viewer:
    user: User | None = strawberry.field(description="The person; null where nobody is signed in.")
    organizations: Connection[Annotated["Organization", strawberry.lazy("app.organizations.types")]] = to_many(
        organizations_of_actor,
        ORGANIZATIONS,
        order=ORGANIZATIONS_BY_NAME,
        key=key_of_actor,
        description="The organizations that they are a member of, by name.",
    )
    permissions: list[Permission] | None = by_level(
        permissions_on,
        arguments=[ON],
        description="What they may do with an object, as its mutations will judge; null where they can see no such "
        "object. For a list of objects ask each for its `viewerPermissions`.",
    )
