"""Filters: inputs with comparators that become conditions on the rows of a table."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from sqlalchemy import Column, ColumnElement, exists, literal_column, select

from app.db.columns import Expression
from app.db.source import Source
from app.filters.comparators import Comparison, given
from app.graph.conditions import Chosen, Condition, Values, all_of, any_of, compared, opposite
from app.graph.filter_path import FilterPath, listed
from app.graph.select import scoped


class Relation:
    """One hop to another noun: rows whose related row passes a filter of its own.

    `column` of the row that has the relation holds the id of the related one. `visible` says which rows of a table
    without organizations the caller may ask about.
    """

    def __init__(self, source: Source, column: str, visible: ColumnElement[bool] | None = None) -> None:
        self.source = source
        self.column = column
        self.visible = visible


class Conditions:
    """A filter of a noun: comparators by the name of their column, relations, and the words and, or, not."""

    relations: ClassVar[Mapping[str, Relation]] = {}

    @cached_property
    def fingerprint(self) -> str:
        return repr(self)  # kept, since each row of a level may ask for it

    def where(self, source: Source, path: FilterPath | None = None) -> Chosen:
        """The condition on the rows of `source`, and its values; raises BadUserInput."""
        values = Values()
        return Chosen(self.on(source, path or FilterPath(), values), values)

    def on(self, source: Source, path: FilterPath, values: Values) -> Condition:
        """As `where`, within another one, which has the values."""
        path.check()
        parts = [
            (name, self._one(source, name, value, path.of(name, deeper=1), values)) for name, value in given(self, path)
        ]
        return all_of(*(replace(part, shape=(name, part.shape)) for name, part in parts))

    def _one(self, source: Source, name: str, value: Any, path: FilterPath, values: Values) -> Condition:
        if name in ("and_", "or_"):
            inner = [one.on(source, path.of(str(index)), values) for index, one in enumerate(listed(value, path))]
            return all_of(*inner) if name == "and_" else any_of(*inner)
        if name == "not_":
            return opposite(value.on(source, path, values))
        if name in self.relations:
            return related(source, self.relations[name], value, path, values)
        column = source.columns[name]
        if isinstance(value, bool):
            return compared(column, "eq", value, values)
        if not isinstance(column, Column):
            return once(source, column, value, path, values)
        found: Condition = value.on(column, path, values)
        return found


def once(source: Source, computed: Expression, comparison: Comparison, path: FilterPath, values: Values) -> Condition:
    """The comparison with what is computed from a row: that is written, and worked out, once for all comparators."""
    value = select(computed.label("value")).offset(literal_column("0")).correlate(source.table).lateral("computed")
    found = comparison.on(value.c.value, path, values)
    return Condition(found.shape, lambda: select(found.clause()).scalar_subquery())


def related(source: Source, relation: Relation, condition: Conditions, path: FilterPath, values: Values) -> Condition:
    """Whether the row that `relation` leads to passes `condition`; it must be of another table."""
    path.check_relation()
    other = relation.source
    passes = condition.on(other, path, values)

    def clause() -> ColumnElement[bool]:
        inner = select(1).select_from(other.table).where(other.columns["id"] == source.columns[relation.column])
        if "organization_id" in other.columns:
            inner = inner.where(other.columns["organization_id"] == source.columns["organization_id"], scoped(other))
        else:
            # Looked up for each row: a planner that takes an organization for larger than it is would rather begin with
            # those of all organizations.
            inner = inner.offset(literal_column("0"))
        if relation.visible is not None:
            inner = inner.where(relation.visible)
        return exists(inner.where(passes.clause()).correlate_except(other.table))

    return Condition(passes.shape, clause)
