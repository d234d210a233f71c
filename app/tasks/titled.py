"""Tasks by their whole titles, which an index finds."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, bindparam, func, select

from app.graph.conditions import Condition, Values
from app.tasks.loaders import tasks


def titled(titles: Sequence[str], values: Values) -> Condition:
    """Whether a task has one of these titles, in whichever case. Not `narrow`: there may be any number of them."""
    among = values.add(list(titles))

    def clause() -> ColumnElement[bool]:
        found = select(func.trellis_titled(bindparam(among, type_=ARRAY(Text)))).scalar_subquery()
        return tasks.c.id == any_(func.array(found, type_=ARRAY(Uuid)))

    return Condition("titled", clause)
