"""Reading teams."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, literal_column, select, true

from app.db.columns import table_of
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.long_texts import fetch_measured, measured
from app.graph.pages import pages
from app.graph.paging import Page, Slice
from app.graph.select import Key, rows_by_id, rows_by_key
from app.organizations.loaders import readable
from app.organizations.models import Organization
from app.team_members.loaders import TEAMS_OF_CALLER
from app.teams.models import Team
from app.teams.rows import TeamRow

teams = table_of(Team)
organizations = table_of(Organization)

TEAMS = Source(Team, TeamRow, long=("description",))


async def team_by_id(context: Context, keys: Sequence[Key]) -> list[TeamRow | None]:
    """The team of each key, deleted or not."""
    return await rows_by_key(context, TEAMS, keys)


async def any_team(context: Context, ids: Sequence[UUID]) -> list[TeamRow | None]:
    """The team of each id, deleted or not, in whichever of the caller's organizations."""
    return await rows_by_id(context, TEAMS, ids)


class TeamName(NamedTuple):
    """What people call a team: its organization's slug and its key."""

    slug: str
    key: str


async def team_by_name(context: Context, names: Sequence[TeamName]) -> list[TeamRow | None]:
    """The team of each name: the live one, or else that which was deleted last."""
    statement = _by_name(context.columns(TEAMS, "organization_id", "id"))
    values = {"slugs": [name.slug for name in names], "keys": [name.key for name in names]}
    rows = await fetch_measured(context, statement, values, TEAMS)
    found = {row["ordinal"]: row for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(names) + 1)]


@lru_cache(1000)
def _by_name(columns: tuple[str, ...]) -> Statement[TeamRow]:
    names = (
        func.unnest(bindparam("slugs", type_=ARRAY(Text)), bindparam("keys", type_=ARRAY(Text)))
        .table_valued("slug", "key", with_ordinality="ordinal", name="names")
        .render_derived()
    )
    named = (
        select(*(TEAMS.columns[name].label(name) for name in columns))
        .where(teams.c.organization_id == organizations.c.id, teams.c.key == names.c.key)
        .order_by(teams.c.deleted_at.desc().nulls_first())
        .limit(literal_column("1"))
        .correlate(organizations, names)
        .lateral("named")
    )
    found = (
        select(names.c.ordinal, *named.c)
        .select_from(names)
        .join(organizations, organizations.c.slug == names.c.slug)
        .join(named, true())
        .where(organizations.c.id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))))
        # Of several organizations that had the slug the last counts: the live one, or what was deleted last.
        .order_by(organizations.c.deleted_at.nulls_last())
    )
    return prepare(measured(found, TEAMS), TEAMS)


async def teams_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's teams."""
    return await pages(context, TEAMS, organizations, page, by="organization_id")


async def teams_of_actor(context: Context, actors: Sequence[Key], page: Page) -> list[Slice]:
    """A page of the teams that the caller is a member of, or was when the team was deleted, in all organizations."""
    return readable(context, await pages(context, TEAMS, actors, page, by="id", through=TEAMS_OF_CALLER))
