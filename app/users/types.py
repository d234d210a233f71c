"""A person, and whoever is calling."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.api_keys.loaders import api_key_by_id
from app.api_keys.rows import ApiKeyRow
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import key_of_actor, to_many
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.graph.select import Key
from app.invitations.loaders import Received, received_by_actor
from app.organizations.filter import ORGANIZATION_LIST
from app.organizations.loaders import organizations_of_actor
from app.permissions.find import ON, permissions_on
from app.permissions.models import Permission
from app.tasks.filter import TASK_LIST
from app.tasks.loaders import tasks_of_actor
from app.teams.filter import TEAM_LIST
from app.teams.loaders import teams_of_actor
from app.users.loaders import USERS, user_by_key
from app.users.models import NOBODY, NOBODYS_NAME
from app.users.policies import can_read
from app.users.rows import UserRow

if TYPE_CHECKING:
    from app.api_keys.types import ApiKey
    from app.invitations.types import ReceivedInvitation
    from app.organizations.types import Organization
    from app.tasks.types import Task
    from app.teams.types import Team


def are_erased(_context: Context, users: Sequence[UserRow], _arguments: Arguments) -> list[bool]:
    return [user.id == NOBODY for user in users]


@strawberry.type(
    description="A person. You see those with whom you share an organization, and of its former members the name, "
    "beside what they did."
)
class User(Node):
    source = USERS
    by_key = user_by_key
    can_read = can_read

    name: str = strawberry.field(description="What people call them, at most 100 characters.")
    email: str | None = strawberry.field(
        description="Their e-mail address, at most 254 characters; null to those who share no organization with them "
        "any more, and where their identity provider does not vouch for it."
    )
    avatar_url: str | None = strawberry.field(description="Where their picture is.")
    created_at: datetime = strawberry.field(description="When they first came here.")
    is_erased: bool = by_level(
        are_erased,
        needs=("id",),
        description="Whether this stands for somebody of whom nothing is known any more: they were erased, or removed "
        f"from the organization for good. All of these are shown as one, called `{NOBODYS_NAME}`.",
    )


@strawberry.type(description="What erasing somebody would take, and what is in its way.")
class ErasurePreview:
    organization_members: int = strawberry.field(description="Memberships in organizations, which end.")
    team_members: int = strawberry.field(description="Memberships in teams, which end with those.")
    tasks: int = strawberry.field(description="Tasks that are assigned to them, and to nobody afterwards.")
    invitations: int = strawberry.field(description="Invitations of them, which are removed.")
    events: int = strawberry.field(description="Events that name them, which stay without the names.")
    api_keys: int = strawberry.field(description="API keys that they have made, which end.")
    last_owner_of: list[Annotated["Organization", strawberry.lazy("app.organizations.types")]] = strawberry.field(
        description="Organizations that would have no owner: they need another, or are to be deleted, before."
    )


async def own_api_keys(context: Context, viewers: Sequence[object], _arguments: Arguments) -> list[ApiKeyRow | None]:
    """The API key that is calling, for each viewer."""
    grant = None if context.unit is None else context.actor.grant
    key = Key(grant.organization_id, context.actor.id) if grant is not None else None
    return await context.load_many(api_key_by_id, [key for _ in viewers])


async def received_invitations(
    context: Context, viewers: Sequence[object], _arguments: Arguments
) -> list[list[Received]]:
    """What has been sent to the viewer's verified address; nothing for an API key, or where nobody is signed in."""
    user_id = None if context.unit is None else context.actor.user_id
    if user_id is None:
        return [[] for _ in viewers]
    return await context.load_many(received_by_actor, [Key(None, user_id) for _ in viewers])


@strawberry.type(description="Whoever is calling, a person or an API key.")
class Viewer:
    user: User | None = strawberry.field(
        description="The person; null where an API key is calling, or nobody is signed in."
    )
    api_key: Annotated["ApiKey", strawberry.lazy("app.api_keys.types")] | None = by_level(
        own_api_keys, description="The API key; null where it is a person, or nobody is signed in."
    )
    invitations: list[Annotated["ReceivedInvitation", strawberry.lazy("app.invitations.types")]] = by_level(
        received_invitations,
        description="The invitations into organizations that the viewer's verified e-mail address has got and that can "
        "be accepted, the newest first, at most 100; none for an API key.",
    )
    organizations: Connection[Annotated["Organization", strawberry.lazy("app.organizations.types")]] = to_many(
        organizations_of_actor,
        ORGANIZATION_LIST,
        key=key_of_actor,
        description="The organizations that they are a member of, by name; of an API key its own.",
    )
    teams: Connection[Annotated["Team", strawberry.lazy("app.teams.types")]] = to_many(
        teams_of_actor,
        TEAM_LIST,
        key=key_of_actor,
        description="The teams of all organizations that they are in themselves, by name unless `orderBy` says "
        "otherwise; none for an API key.",
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("app.tasks.types")]] = to_many(
        tasks_of_actor,
        TASK_LIST,
        key=key_of_actor,
        description="The tasks assigned to them in all their organizations, also in teams that they have left, the "
        "newest first unless `orderBy` says otherwise; none for an API key.",
    )
    permissions: list[Permission] | None = by_level(
        permissions_on,
        arguments=[ON],
        description="What they may do with an object, as its mutations will judge; null where they can see no such "
        "object. For a list of objects ask each for its `viewerPermissions`.",
    )
