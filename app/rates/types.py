"""What the caller may still ask for."""

from datetime import datetime

import strawberry


@strawberry.type(
    description="How much the caller may ask for within a minute, in points: a query takes one for 100 objects that "
    "its lists hold, and at least one; a mutation takes at least 5, and each search 5. A total or a condition of a "
    "filter counts as 10 objects, a row that is deleted, restored or purged as one. The least is taken before an "
    "operation is run, and the rest once it has ended. A request without a token takes one."
)
class RateLimit:
    limit: int = strawberry.field(description="The points of a minute.")
    cost: int = strawberry.field(description="What this operation takes of them at least.")
    cost_at_most: int = strawberry.field(description="What this operation takes of them where all its lists are full.")
    node_count: int = strawberry.field(description="The objects that the lists of this operation could hold.")
    used: int = strawberry.field(
        description="What has been taken in this minute; of this operation, the least that it takes."
    )
    remaining: int = strawberry.field(description="What is left of the minute.")
    reset_at: datetime = strawberry.field(
        description="When the next minute begins, with all points: minutes begin with a request."
    )
