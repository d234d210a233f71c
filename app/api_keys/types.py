"""An API key."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.api_keys.loaders import API_KEYS, api_key_by_id
from app.api_keys.models import ApiKeyScope
from app.api_keys.rows import ApiKeyRow
from app.auth.secrets import prefix_of
from app.events.filter import EVENT_LIST
from app.events.loaders import events_by_subject
from app.graph.connections import Connection
from app.graph.context import Context
from app.graph.edges import to_many, to_one
from app.graph.fields import Arguments, by_level
from app.graph.node import Node
from app.organizations.loaders import organization_by_id
from app.organizations.policies import can_read
from app.users.loaders import user_by_id
from app.users.types import User

if TYPE_CHECKING:
    from app.events.types import Event
    from app.organizations.types import Organization


def prefixes(_context: Context, keys: Sequence[ApiKeyRow], _arguments: Arguments) -> list[str]:
    """What each key begins with."""
    return [prefix_of(key.id) for key in keys]


@strawberry.type(
    description="A program that acts in one organization as itself: it calls with `Authorization: Bearer trl_…` or "
    "`X-API-Key: trl_…`. It belongs to the organization, and stays when who made it leaves."
)
class ApiKey(Node):
    source = API_KEYS
    by_key = api_key_by_id
    can_read = can_read

    organization: Annotated["Organization", strawberry.lazy("app.organizations.types")] = to_one(
        organization_by_id, "organization_id", description="The only organization that it acts in."
    )
    name: str = strawberry.field(description="What it is for, at most 100 characters.")
    prefix: str = by_level(
        prefixes, needs=("id",), description="What it begins with, all but its secret: to find out which key one is."
    )
    scopes: list[ApiKeyScope] = strawberry.field(description="What it may do: as much as the widest of them says.")
    rate_limit_per_minute: int | None = strawberry.field(
        description="How many points it was given for a minute; null for as many as the server lets a key have, which "
        "also one that was given more may not exceed."
    )
    created_by: User | None = to_one(user_by_id, "created_by", description="Who made it.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself; null where it does not.")
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null while it is not.")
    last_used_at: datetime | None = strawberry.field(
        description="When it last called, noted once a minute: the newest may be missing; null before the first."
    )
    secret_created_at: datetime = strawberry.field(description="When its secret was made: when it was last rotated.")
    former_secret_expires_at: datetime | None = strawberry.field(
        description="Until when the secret that it had before works, too; null where it had none or that ended at once."
    )
    events: Connection[Annotated["Event", strawberry.lazy("app.events.types")]] = to_many(
        events_by_subject,
        EVENT_LIST,
        description="What happened to the key itself, the newest first. What it did is found by `apiKeyId` in the "
        "organization's events.",
    )
