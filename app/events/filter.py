"""Input that chooses events."""

from datetime import datetime
from typing import Any, ClassVar

import strawberry
from sqlalchemy import ColumnElement, ScalarSelect, bindparam, select

from app.db.columns import Expression, table_of
from app.db.source import Source
from app.events.loaders import EVENTS
from app.events.models import Event, EventType
from app.filters.comparators import ALL_HOLD, Comparator, IDComparator, StringComparator, comparator
from app.filters.filters import Conditions, Relation
from app.graph.conditions import Condition, Values, all_of, compared
from app.graph.edges import ListOf
from app.graph.filter_path import FilterPath
from app.graph.node import Node
from app.graph.paging import Order
from app.graph.select import organization_of_parent
from app.spelling import folded
from app.users.filter import UserFilter
from app.users.loaders import USERS, acquainted

log = table_of(Event).alias("log")


@strawberry.input(description="Conditions on an event; " + ALL_HOLD)
class EventFilter(Conditions):
    relations: ClassVar = {"actor": Relation(USERS, "actor_id", acquainted)}

    type: Comparator[EventType] | None = comparator("What was done.")
    subject_type: StringComparator | None = comparator("The type of what it was done to, as in `Task`.")
    subject_id: IDComparator | None = comparator("The id of what it was done to, whether or not that is still there.")
    actor_id: IDComparator | None = comparator("The id of who did it. In a long log faster than `actor`.")
    actor: UserFilter | None = comparator("Who did it; what no person did never passes.")
    api_key_id: IDComparator | None = comparator("The id of the API key that did it.")
    since: datetime | None = comparator("It happened at this moment or later.")
    until: datetime | None = comparator("It happened before this moment.")
    and_: list["EventFilter"] | None = comparator("All of these hold, at most 100.", "and")
    or_: list["EventFilter"] | None = comparator("At least one of these holds, at most 100.", "or")
    not_: "EventFilter | None" = comparator("This does not hold.", "not")

    def _one(self, source: Source, name: str, value: Any, path: FilterPath, values: Values) -> Condition:
        if name not in ("since", "until"):
            found = super()._one(source, name, value, path, values)
            return all_of(found, *_indexed(value, values)) if name == "subject_type" else found
        parameter, since = values.add(value), name == "since"

        def clause() -> ColumnElement[bool]:
            moment = bindparam(parameter, type_=log.c.created_at.type)
            if since:
                first = _first(log.c.created_at >= moment, log.c.created_at, log.c.sequence)
                return source.columns["sequence"] >= first
            last = _first(log.c.created_at < moment, log.c.created_at.desc(), log.c.sequence.desc())
            return source.columns["sequence"] <= last

        return Condition(name, clause)


def _indexed(given: StringComparator, values: Values) -> list[Condition]:
    """The same of the types as they are written, which an index finds."""
    written = {folded(noun.source.typename): noun.source.typename for noun in Node.__subclasses__()}
    column, found = EVENTS.columns["subject_type"], []
    if isinstance(given.eq, str):
        found.append(compared(column, "eq", written.get(folded(given.eq), given.eq), values))
    if isinstance(given.in_, list):
        found.append(compared(column, "in_", [written.get(folded(one), one) for one in given.in_], values))
    return found


def _first(condition: ColumnElement[bool], *order: Expression) -> ScalarSelect[int]:
    """The sequence of the organization's first event for which the condition holds; NULL where there is none.

    Times rise along the log. So a moment is found once, by the index of the times, and then stands for a place in the
    sequence, which is what the log is listed by: a month of two years ago costs no more than this one.
    """
    of_organization = log.c.organization_id == organization_of_parent()
    return select(log.c.sequence).where(of_organization, condition).order_by(*order).limit(1).scalar_subquery()


EVENT_LIST = ListOf(EVENTS, Order("sequence", descending=True), filters=EventFilter, deletable=False)
