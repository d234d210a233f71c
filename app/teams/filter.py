"""Inputs that choose and sort teams."""

from enum import Enum
from typing import ClassVar

import strawberry

from app.filters.comparators import ALL_HOLD, DateTimeComparator, IDComparator, StringComparator, comparator
from app.filters.filters import Conditions, Relation
from app.graph.edges import ListOf
from app.graph.paging import Order, OrderDirection
from app.organizations.filter import OrganizationFilter
from app.organizations.loaders import ORGANIZATIONS
from app.teams.loaders import TEAMS


@strawberry.input(description="Conditions on a team; " + ALL_HOLD)
class TeamFilter(Conditions):
    relations: ClassVar = {"organization": Relation(ORGANIZATIONS, "organization_id")}

    id: IDComparator | None = comparator("Its id.")
    key: StringComparator | None = comparator("What its tasks' keys begin with.")
    name: StringComparator | None = comparator("Its name.")
    description: StringComparator | None = comparator("What it is for.")
    organization: OrganizationFilter | None = comparator("Its organization.")
    created_at: DateTimeComparator | None = comparator("When it was made.")
    updated_at: DateTimeComparator | None = comparator("When it last changed.")
    and_: list["TeamFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["TeamFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "TeamFilter | None" = comparator("This does not hold.", "not")


@strawberry.enum(description="What teams can be sorted by.")
class TeamOrderField(Enum):
    NAME = strawberry.enum_value("name", description="Their names.")
    KEY = strawberry.enum_value("key", description="Their keys.")
    CREATED_AT = strawberry.enum_value("created_at", description="When they were made.")


@strawberry.input(description="How teams are sorted; equal ones by id.")
class TeamOrder:
    field: TeamOrderField = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which end comes first.")


TEAM_LIST = ListOf(TEAMS, Order("name", descending=False), TeamOrder, TeamFilter)
