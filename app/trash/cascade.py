"""What lies under a row: read off the tables' own foreign keys, so that a new noun needs no line here."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, ForeignKeyConstraint, FromClause, Table
from sqlmodel import SQLModel


class Edge(NamedTuple):
    """A foreign key between two tables of organizations: `column` of `child` holds the id of a row of `parent`."""

    parent: Table
    child: Table
    column: str
    belongs: bool  # the child cannot be restored while the parent is deleted
    owns: bool  # and it is deleted along with the parent
    cascades: bool  # the database removes the child along with the parent

    @property
    def clears(self) -> bool:
        """Whether the child only forgets a parent that goes."""
        return bool(self.child.c[self.column].nullable) and not self.owns


def organization_of(table: FromClause) -> ColumnElement[object]:
    """The column that says of which organization a row is."""
    return table.c.organization_id if "organization_id" in table.c else table.c.id


def itself(table: Table) -> Edge:
    """The edge from each row of the table to that row."""
    return Edge(table, table, "id", belongs=False, owns=False, cascades=False)


def noun_of(table: Table) -> str:
    """What people call a row of the table, as in "team member"."""
    return table.name.removesuffix("s").replace("_", " ")


@lru_cache(100)
def owners_of(table: Table) -> tuple[Edge, ...]:
    """What has to live for a row of `table` to be restored."""
    return tuple(edge for edge in _edges_to(table) if edge.belongs)


@lru_cache(100)
def owned_under(table: Table) -> tuple[Edge, ...]:
    """The edges from `table` down to all that is deleted with a row of it; what leads to a table comes before what
    leads on from it."""
    reached, edges = {table}, []
    for child in SQLModel.metadata.sorted_tables:  # parents before their children
        for edge in owners_of(child):
            if edge.owns and edge.parent in reached:
                reached.add(child)
                edges.append(edge)
    return tuple(edges)


@lru_cache(100)
def references_to(table: Table) -> tuple[Edge, ...]:
    """The edges to all that refers to a row of `table`; what refers to other children comes before those."""
    return tuple(
        edge
        for child in reversed(SQLModel.metadata.sorted_tables)
        for edge in _edges_to(child)
        if edge.parent is table and not edge.cascades
    )


def _edges_to(child: Table) -> Iterator[Edge]:
    for key in sorted(child.foreign_key_constraints, key=lambda key: str(key.name)):
        for column in _holders(key):
            yield Edge(
                key.referred_table,
                child,
                column,
                belongs=key.info.get("belongs", False),
                owns=key.info.get("owns", False),
                cascades=key.ondelete == "CASCADE",
            )


def _holders(key: ForeignKeyConstraint) -> list[str]:
    """The column that refers to `id`; the others only say that it is of the same organization or team. None where it
    leads to no row of people's, as from an embedding to the text that it is of."""
    return [element.parent.name for element in key.elements if element.column.name == "id"]
