"""Who is calling, as one frozen value: a person, or an API key that acts as itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from uuid import UUID

Scope = Literal["READ", "WRITE_TASKS", "WRITE_ALL", "ADMIN"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # each includes those before it
# What a scope makes of a key in its organization, and in every team there.
ORGANIZATION_ROLES: dict[Scope, str] = {
    "READ": "MEMBER",
    "WRITE_TASKS": "MEMBER",
    "WRITE_ALL": "MEMBER",
    "ADMIN": "ADMIN",
}
TEAM_ROLES: dict[Scope, str] = {"READ": "VIEWER", "WRITE_TASKS": "MEMBER", "WRITE_ALL": "ADMIN", "ADMIN": "ADMIN"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What an API key was given."""

    organization_id: UUID
    scope: Scope  # the widest that it has
    rate_limit: int | None  # points a minute; None for the server's default
    secret_hash: bytes  # of the secret that it came with


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or an API key, and what they are in each of their organizations; `grant` is None for a person.

    Ids are unique among all objects, so a key is never taken for a person: it has no memberships, and nothing is its
    own. What it may do is what its scope makes of it.
    """

    id: UUID  # the person's, or the key's
    roles: Mapping[UUID, str] = field(hash=False)
    fingerprint: str  # of the roles, as the database computes it: it says when they have changed
    grant: Grant | None = None

    @property
    def organization_ids(self) -> tuple[UUID, ...]:
        return tuple(self.roles)

    @property
    def user_id(self) -> UUID | None:
        """The person; None for an API key."""
        return self.id if self.grant is None else None

    @property
    def api_key_id(self) -> UUID | None:
        """The API key; None for a person."""
        return None if self.grant is None else self.id

    @property
    def payer_id(self) -> UUID:
        """By what its share of a process is counted: the person, or the organization whose keys have one together."""
        return self.id if self.grant is None else self.grant.organization_id

    @property
    def rate_limit(self) -> int | None:
        """The actor's own limit, in points a minute; None where the server's default holds."""
        return None if self.grant is None else self.grant.rate_limit

    def role_in_teams(self, organization_id: UUID) -> str | None:
        """What an API key is in each team of its organization; None for people, who are asked team by team."""
        grant = self.grant
        return TEAM_ROLES[grant.scope] if grant is not None and grant.organization_id == organization_id else None

    def may(self, scope: Scope) -> bool:
        """Whether the actor is a person, whom no scope limits, or a key whose scope includes this one."""
        return self.grant is None or SCOPES.index(self.grant.scope) >= SCOPES.index(scope)
