"""Asking for what one may still ask for."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from app.graph.context import Info
from app.rates.types import RateLimit


@strawberry.type
class RateLimitQueries:
    @strawberry.field(
        description="What the caller may ask for within a minute, and what this operation takes of it. Every answer "
        "says the same in its headers `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (in seconds)."
    )
    async def rate_limit(
        self,
        info: Info,
        dry_run: Annotated[  # noqa: ARG002  # heeded before anything is run
            bool,
            strawberry.argument(
                description="True to hear what the operation costs without running it: the answer leaves out its other "
                "fields, and it takes one point."
            ),
        ] = False,
    ) -> RateLimit | None:
        _, estimate, standing = info.context.charge
        return RateLimit(
            limit=standing.limit,
            cost=estimate.least,
            cost_at_most=estimate.most,
            node_count=estimate.objects,
            used=standing.used,
            remaining=standing.remaining,
            reset_at=datetime.fromtimestamp(standing.resets_at, UTC),
        )
