"""Which value of a setting counts for the caller in the team of each row: in SQL what `resolve` says of values."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, any_, case, func, literal_column, select

from app.settings.loaders import actors_own, organization_table, team_member_table, team_table

Shown = Callable[[ColumnElement[Any]], ColumnElement[Any]]


def levels_of_rows(rows: Table) -> FromClause:
    """The settings of the row's organization and team, and the caller's own in it: one row, whichever are there."""
    one = select(literal_column("1").label("one")).subquery("one")
    of_organization = organization_table.c.organization_id == rows.c.organization_id
    of_team = (team_table.c.organization_id == rows.c.organization_id) & (team_table.c.team_id == rows.c.team_id)
    of_member = (team_member_table.c.organization_id == rows.c.organization_id) & (
        team_member_table.c.team_member_id == actors_own(rows)
    )
    found: FromClause = one
    for table, here in ((organization_table, of_organization), (team_table, of_team), (team_member_table, of_member)):
        found = found.outerjoin(table, here)
    return found


def nearest(name: str, shown: Shown, default: ColumnElement[Any]) -> ColumnElement[Any]:
    """What counts of one setting among `levels_of_rows`; `shown` makes of each value what is asked for, or NULL of one
    that says nothing."""
    of_organization, of_team, own = (
        shown(table.c[name]) for table in (organization_table, team_table, team_member_table)
    )
    setting: ColumnElement[str] = literal_column(f"'{name.upper()}'")
    return case(
        (setting == any_(organization_table.c.locked), func.coalesce(of_organization, default)),
        (setting == any_(team_table.c.locked), func.coalesce(of_team, of_organization, default)),
        else_=func.coalesce(own, of_team, of_organization, default),
    )


def of_rows(rows: Table, **settings: ColumnElement[Any]) -> Select[Any]:
    """The `nearest` of some settings, by these names."""
    return (
        select(*(value.label(name) for name, value in settings.items()))
        .select_from(levels_of_rows(rows))
        .correlate(rows)
    )
