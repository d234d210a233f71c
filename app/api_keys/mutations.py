"""Making, rotating and revoking API keys."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import UNSET

from app.api_keys.issue import Issued, issue, revoke, rotate
from app.api_keys.loaders import api_key_for_update, working_api_keys
from app.api_keys.models import HIGHEST_RATE_LIMIT, LONGEST_NAME, ApiKeyScope
from app.api_keys.policies import can_create, can_manage
from app.api_keys.rows import ApiKeyRow
from app.api_keys.types import ApiKey
from app.auth.guards import require, require_row
from app.db.columns import now
from app.graph.context import Context, Info
from app.graph.ids import parse_id
from app.organizations.loaders import ORGANIZATIONS
from app.writing.inputs import Checks
from app.writing.mutation import UserError, UserErrorCode, mutation, object_of, rejected
from app.writing.parents import parent_for_update

MOST_KEYS = 100  # of an organization: more than anybody keeps track of
DEFAULT_GRACE = 86_400  # seconds; long enough to bring a new secret to wherever the old one is
LONGEST_GRACE = 2_592_000

ApiKeyId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The key's id, not its secret.")]


@strawberry.input(description="An API key to be made.")
class CreateApiKeyInput:
    organization_id: strawberry.ID = strawberry.field(description="The only organization that it will act in.")
    name: str = strawberry.field(
        description="What it is for: 1 to 100 characters, white space around it not counted. Several may have one name."
    )
    scopes: list[ApiKeyScope] = strawberry.field(description="What it may do, at least one; the widest counts.")
    expires_at: datetime | None = strawberry.field(
        default=UNSET, description="When it ends by itself, a moment to come; left out or null for never."
    )
    rate_limit_per_minute: int | None = strawberry.field(
        default=UNSET,
        description="How many points it may spend in a minute, at least 1 and no more than the server lets a key have; "
        "left out or null for so many.",
    )


@strawberry.type(description="An API key as it is now, or why nothing was written.")
class ApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(default=None, description="The key; null where nothing was written.")
    secret: str | None = strawberry.field(
        default=None,
        description="The whole key, as programs send it, where it was made or rotated. It is shown this once and never "
        "again: also the answer to a retry with the same `Idempotency-Key` has null here.",
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")


@strawberry.type
class ApiKeyMutations:
    @mutation(
        description="Makes an API key and shows its secret, once. FORBIDDEN to those who are neither owners nor admins "
        "of the organization. LIMIT_EXCEEDED where it has 100 that have not ended: their points are counted together, "
        "too, so that more keys are no more points.",
        scope=None,
    )
    async def create_api_key(
        self,
        info: Info,
        given: Annotated[CreateApiKeyInput, strawberry.argument(name="input", description="What it will be.")],
    ) -> ApiKeyPayload:
        context, checks = info.context, Checks("input")
        parent = await parent_for_update(
            context, ORGANIZATIONS, given.organization_id, "organization", checks, "organizationId"
        )
        if parent is not None:
            await context.signed_in.refresh_actor()
            require(can_create(context.actor, parent))
            await _require_room(context, parent.id, checks)
        values = _values(given, checks, most_points=min(context.allowance.points_per_key, HIGHEST_RATE_LIMIT))
        organization = checks.passed(parent)
        return _payload(await issue(context, organization.id, values))

    @mutation(
        description="Gives an API key a new secret and shows it, once; all else about it stays. FORBIDDEN to those "
        "who are neither owners nor admins of the organization. INVALID for a key that has ended.",
        scope=None,
    )
    async def rotate_api_key(
        self,
        info: Info,
        key_id: ApiKeyId,
        grace_seconds: Annotated[
            int,
            strawberry.argument(
                description="For how long the old secret works, too: 0 to 2,592,000 seconds (30 days). One that is "
                "older still ends at once."
            ),
        ] = DEFAULT_GRACE,
    ) -> ApiKeyPayload:
        row = await _managed(info.context, key_id)
        if row.revoked_at or (row.expires_at and row.expires_at <= now()):
            raise rejected(UserErrorCode.INVALID, "This key has ended: make a new one.", "id")
        if not 0 <= grace_seconds <= LONGEST_GRACE:
            raise rejected(UserErrorCode.INVALID, f"0 to {LONGEST_GRACE} seconds are allowed.", "graceSeconds")
        until = now() + timedelta(seconds=grace_seconds) if grace_seconds else None
        return _payload(await rotate(info.context, row, until=until))

    @mutation(
        description="Revokes an API key for good: it is refused from its next request on. FORBIDDEN to those who are "
        "neither owners nor admins of the organization. Where it is revoked already, nothing happens.",
        scope=None,
    )
    async def revoke_api_key(self, info: Info, key_id: ApiKeyId) -> ApiKeyPayload:
        row = await _managed(info.context, key_id)
        return ApiKeyPayload(api_key=object_of(await revoke(info.context, row)))


async def _managed(context: Context, key_id: str) -> ApiKeyRow:
    """The locked row of a key that the actor manages; raises NotFound and Forbidden."""
    row = require_row(await api_key_for_update(context, parse_id(key_id, "id")), "API key")
    require(can_manage(context.actor, row.organization_id))
    return row


async def _require_room(context: Context, organization_id: UUID, checks: Checks) -> None:
    """Notes where no key can be added. The organization's row is locked: who adds another at once waits for this."""
    if await working_api_keys(context, organization_id, most=MOST_KEYS) == MOST_KEYS:
        message = f"The organization has {MOST_KEYS} API keys, and no more are allowed: revoke one that is not used."
        checks.wrong(UserErrorCode.LIMIT_EXCEEDED, message, "organizationId")


def _values(given: CreateApiKeyInput, checks: Checks, *, most_points: int) -> dict[str, object]:
    """The columns of a new key; what is wrong with the input is noted."""
    expires_at, rate_limit = given.expires_at or None, given.rate_limit_per_minute
    if not given.scopes:
        checks.wrong(UserErrorCode.TOO_SHORT, "Choose at least one scope.", "scopes")
    if expires_at is not None and expires_at <= now():
        checks.wrong(UserErrorCode.INVALID, "This moment is over: choose a later one, or none.", "expiresAt")
    if rate_limit is UNSET:
        rate_limit = None
    if rate_limit is not None and not 1 <= rate_limit <= most_points:
        checks.wrong(UserErrorCode.INVALID, f"1 to {most_points} points are allowed.", "rateLimitPerMinute")
    return {
        "name": checks.text(given.name, "name", longest=LONGEST_NAME),
        "scopes": [scope.value for scope in ApiKeyScope if scope in given.scopes],
        "expires_at": expires_at,
        "rate_limit_per_minute": rate_limit,
    }


def _payload(issued: Issued) -> ApiKeyPayload:
    return ApiKeyPayload(api_key=object_of(issued.row), secret=issued.secret)
