"""Inputs that choose and sort members of an organization."""

from enum import Enum
from typing import ClassVar

import strawberry

from app.filters.comparators import ALL_HOLD, Comparator, DateTimeComparator, IDComparator, comparator
from app.filters.filters import Conditions, Relation
from app.graph.edges import ListOf
from app.graph.paging import Order, OrderDirection
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationRole
from app.users.filter import UserFilter
from app.users.loaders import USERS, acquainted


@strawberry.input(description="Conditions on a member; " + ALL_HOLD)
class OrganizationMemberFilter(Conditions):
    relations: ClassVar = {"user": Relation(USERS, "user_id", acquainted)}

    id: IDComparator | None = comparator("The membership's id.")
    role: Comparator[OrganizationRole] | None = comparator("What they are in the organization.")
    user: UserFilter | None = comparator("The person.")
    created_at: DateTimeComparator | None = comparator("When they became a member.")
    updated_at: DateTimeComparator | None = comparator("When the membership last changed.")
    and_: list["OrganizationMemberFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["OrganizationMemberFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "OrganizationMemberFilter | None" = comparator("This does not hold.", "not")


@strawberry.enum(description="What members can be sorted by.")
class OrganizationMemberOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When they became members.")


@strawberry.input(description="How members are sorted; equal ones by id.")
class OrganizationMemberOrder:
    field: OrganizationMemberOrderField = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which end comes first.")


MEMBER_LIST = ListOf(
    ORGANIZATION_MEMBERS, Order("created_at", descending=False), OrganizationMemberOrder, OrganizationMemberFilter
)
