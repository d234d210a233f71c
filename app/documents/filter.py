"""Inputs that choose and sort documents."""

from enum import Enum
from typing import ClassVar

import strawberry

from app.documents.loaders import DOCUMENTS
from app.documents.models import DocumentKind, DocumentStatus
from app.filters.comparators import ALL_HOLD, Comparator, DateTimeComparator, IDComparator, StringComparator, comparator
from app.filters.filters import Conditions, Relation
from app.graph.edges import ListOf
from app.graph.paging import Order, OrderDirection
from app.teams.filter import TeamFilter
from app.teams.loaders import TEAMS
from app.users.filter import UserFilter
from app.users.loaders import USERS, acquainted


@strawberry.input(description="Conditions on a document; " + ALL_HOLD)
class DocumentFilter(Conditions):
    relations: ClassVar = {
        "team": Relation(TEAMS, "team_id"),
        "created_by": Relation(USERS, "created_by", acquainted),
    }

    id: IDComparator | None = comparator("Its id.")
    title: StringComparator | None = comparator("Its title.")
    kind: Comparator[DocumentKind] | None = comparator("How its text is written.")
    source: StringComparator | None = comparator("Where it comes from.")
    status: Comparator[DocumentStatus] | None = comparator("How far the search is with it.")
    created_at: DateTimeComparator | None = comparator("When it was made.")
    updated_at: DateTimeComparator | None = comparator("When it last changed.")
    own: bool | None = comparator("Whether it is the organization's own, and no team's.")
    team: TeamFilter | None = comparator("Its team; a document of no team never passes: `own` finds those.")
    created_by: UserFilter | None = comparator("Who made it; a document without one never passes.")
    and_: list["DocumentFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["DocumentFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "DocumentFilter | None" = comparator("This does not hold.", "not")


@strawberry.enum(description="What documents can be sorted by.")
class DocumentOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When they were made.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When they last changed.")
    TITLE = strawberry.enum_value("title", description="Their titles.")


@strawberry.input(description="How documents are sorted; equal ones by id.")
class DocumentOrder:
    field: DocumentOrderField = strawberry.field(description="What they are sorted by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.DESC, description="Which end comes first.")


DOCUMENT_LIST = ListOf(DOCUMENTS, Order("created_at", descending=True), DocumentOrder, DocumentFilter)
