"""Inputs that choose and sort members of a team."""

from enum import Enum
from typing import ClassVar

import strawberry

from app.filters.comparators import ALL_HOLD, Comparator, DateTimeComparator, IDComparator, comparator
from app.filters.filters import Conditions, Relation
from app.graph.edges import ListOf
from app.graph.paging import Order, OrderDirection
from app.team_members.loaders import TEAM_MEMBERS
from app.team_members.models import TeamRole
from app.teams.filter import TeamFilter
from app.teams.loaders import TEAMS
from app.users.filter import UserFilter
from app.users.loaders import USERS, acquainted


@strawberry.input(description="Conditions on a team's member; " + ALL_HOLD)
class TeamMemberFilter(Conditions):
    relations: ClassVar = {"team": Relation(TEAMS, "team_id"), "user": Relation(USERS, "user_id", acquainted)}

    id: IDComparator | None = comparator("The membership's id.")
    role: Comparator[TeamRole] | None = comparator("What they are in the team.")
    team: TeamFilter | None = comparator("The team.")
    user: UserFilter | None = comparator("The person.")
    created_at: DateTimeComparator | None = comparator("When they became a member.")
    updated_at: DateTimeComparator | None = comparator("When the membership last changed.")
    and_: list["TeamMemberFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["TeamMemberFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "TeamMemberFilter | None" = comparator("This does not hold.", "not")


@strawberry.enum(description="What a team's members can be sorted by.")
class TeamMemberOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When they became members.")


@strawberry.input(description="How a team's members are sorted; equal ones by id.")
class TeamMemberOrder:
    field: TeamMemberOrderField = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which end comes first.")


TEAM_MEMBER_LIST = ListOf(TEAM_MEMBERS, Order("created_at", descending=False), TeamMemberOrder, TeamMemberFilter)
