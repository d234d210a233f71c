"""Inputs that choose people."""

import strawberry

from app.filters.comparators import ALL_HOLD, IDComparator, StringComparator, comparator
from app.filters.filters import Conditions


@strawberry.input(description="Conditions on a person; " + ALL_HOLD)
class UserFilter(Conditions):
    id: IDComparator | None = comparator("Their id.")
    is_me: bool | None = comparator("Whether they are whoever is calling; an API key is nobody.")
    name: StringComparator | None = comparator("Their name.")
    email: StringComparator | None = comparator("Their e-mail address.")
    and_: list["UserFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["UserFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "UserFilter | None" = comparator("This does not hold.", "not")
