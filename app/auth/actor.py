"""Who is calling, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, and the role they have in each of their organizations."""

    user_id: UUID
    roles: Mapping[UUID, str] = field(hash=False)
    fingerprint: str  # of the roles, as the database computes it: it says when they have changed

    @property
    def organization_ids(self) -> tuple[UUID, ...]:
        return tuple(self.roles)
