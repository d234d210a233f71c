"""Inputs that choose organizations."""

import strawberry

from app.filters.comparators import ALL_HOLD, DateTimeComparator, IDComparator, StringComparator, comparator
from app.filters.filters import Conditions
from app.graph.edges import ListOf
from app.graph.paging import Order
from app.organizations.loaders import ORGANIZATIONS


@strawberry.input(description="Conditions on an organization; " + ALL_HOLD)
class OrganizationFilter(Conditions):
    id: IDComparator | None = comparator("Its id.")
    name: StringComparator | None = comparator("Its name.")
    slug: StringComparator | None = comparator("Its name in addresses.")
    created_at: DateTimeComparator | None = comparator("When it was made.")
    updated_at: DateTimeComparator | None = comparator("When it last changed.")
    deleted_at: DateTimeComparator | None = comparator("When it was deleted, where the list holds deleted ones.")
    and_: list["OrganizationFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["OrganizationFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "OrganizationFilter | None" = comparator("This does not hold.", "not")


ORGANIZATION_LIST = ListOf(ORGANIZATIONS, Order("name", descending=False), filters=OrganizationFilter)
