"""Reading settings: what each level says by itself, and what all of them say together of one object."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Table,
    TableValuedAlias,
    Uuid,
    any_,
    bindparam,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from app.db.columns import Rows, table_of
from app.db.record import Record, Row
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.select import Key, rows_by_key
from app.members.models import OrganizationMember
from app.settings.models import OrganizationSettings, SettingName, SettingSource, TeamMemberSettings, TeamSettings
from app.settings.rows import OrganizationSettingsRow, TeamMemberSettingsRow, TeamSettingsRow
from app.team_members.models import TeamMember

organization_table = table_of(OrganizationSettings)
team_table = table_of(TeamSettings)
team_member_table = table_of(TeamMemberSettings)
members = table_of(OrganizationMember)
team_members = table_of(TeamMember)

# The id is that of what the settings are of.
ORGANIZATION_SETTINGS = Source(OrganizationSettings, OrganizationSettingsRow, id=organization_table.c.organization_id)
TEAM_SETTINGS = Source(TeamSettings, TeamSettingsRow, id=team_table.c.team_id)
TEAM_MEMBER_SETTINGS = Source(TeamMemberSettings, TeamMemberSettingsRow, id=team_member_table.c.team_member_id)
# From the top down: what a level locks, those below it cannot override.
LEVELS: Mapping[str, Source] = {
    SettingSource.ORGANIZATION.name: ORGANIZATION_SETTINGS,
    SettingSource.TEAM.name: TEAM_SETTINGS,
    SettingSource.MEMBER.name: TEAM_MEMBER_SETTINGS,
}
COLUMNS = (*(name.name.lower() for name in SettingName), "locked", "version")
# What stands for a row where nothing was ever set.
NOTHING = SimpleNamespace(**{**dict.fromkeys(COLUMNS), "locked": [], "version": 0})


async def settings_of_organization(
    context: Context, organizations: Sequence[Key]
) -> list[OrganizationSettingsRow | SimpleNamespace]:
    """What each organization has set; of version 0 where it never has set anything."""
    return await _own(context, ORGANIZATION_SETTINGS, organizations)


async def settings_of_team(context: Context, teams: Sequence[Key]) -> list[TeamSettingsRow | SimpleNamespace]:
    """What each team has set; of version 0 where it never has set anything."""
    return await _own(context, TEAM_SETTINGS, teams)


async def settings_of_team_member(
    context: Context, members: Sequence[Key]
) -> list[TeamMemberSettingsRow | SimpleNamespace]:
    """What each member of a team has set; of version 0 where they never have set anything."""
    return await _own(context, TEAM_MEMBER_SETTINGS, members)


async def _own(context: Context, source: Source[Row], keys: Sequence[Key]) -> list[Row | SimpleNamespace]:
    return [row or NOTHING for row in await rows_by_key(context, source, keys)]


class Subject(NamedTuple):
    """What settings are asked for: an organization, a team of it, or a member of that team."""

    organization_id: UUID
    team_id: UUID | None = None
    team_member_id: UUID | None = None

    @property
    def level(self) -> str:
        """The name of the level that the subject's own settings are."""
        if self.team_member_id is not None:
            return SettingSource.MEMBER.name
        return SettingSource.ORGANIZATION.name if self.team_id is None else SettingSource.TEAM.name

    @property
    def of(self) -> UUID:
        """The id of what the settings are of."""
        return self.team_member_id or self.team_id or self.organization_id


async def levels_of_subject(context: Context, subjects: Sequence[Subject]) -> list[list[Record]]:
    """What is set above and at each subject, by `level`, from the organization down; one statement."""
    return await _levels(context, subjects, of_actor=False)


async def levels_of_actor(context: Context, teams: Sequence[Key]) -> list[list[Record]]:
    """The same for the caller in each team: with their own settings where they are a member of it."""
    return await _levels(context, [Subject(*team) for team in teams], of_actor=True)  # type: ignore[arg-type]  # a team's key names its organization


async def _levels(context: Context, subjects: Sequence[Subject], *, of_actor: bool) -> list[list[Record]]:
    values = {f"key_{name}s": [subject[place] for subject in subjects] for place, name in enumerate(Subject._fields)}
    found: list[dict[str, Record]] = [{} for _ in subjects]
    for row in await context.fetch(_statement(of_actor), values | {"actor_id": context.actor.id}):
        found[row["ordinal"] - 1][row["level"]] = row
    return [[levels[level] for level in LEVELS if level in levels] for levels in found]


@lru_cache(2)
def _statement(of_actor: bool) -> Statement[Record]:
    """LATERAL, so that each row is looked up by its key, however few or many there are."""
    keys = (
        func.unnest(*(bindparam(f"key_{name}s", type_=ARRAY(Uuid)) for name in Subject._fields))
        .table_valued(*Subject._fields, with_ordinality="ordinal")
        .render_derived("asked")
    )
    of_organization, of_team, of_member = (_level(level, source.table, keys) for level, source in LEVELS.items())
    found = union_all(
        of_organization,
        of_team.where(team_table.c.team_id == keys.c.team_id),
        of_member.where(
            team_member_table.c.team_member_id == (actors_own(keys) if of_actor else keys.c.team_member_id)
        ),
    ).lateral("found")
    return prepare(
        select(keys.c.ordinal, *found.c)
        .select_from(keys.join(found, true()))
        .where(keys.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))))
    )


def _level(level: str, table: Table, keys: TableValuedAlias) -> Rows:
    """The level's settings in the asked organization; those that it does not have are NULL."""
    columns = (table.c[name] if name in table.c else null() for name in COLUMNS)
    return (
        select(
            literal_column(f"'{level}'").label("level"),
            *(column.label(name) for column, name in zip(columns, COLUMNS, strict=True)),
        )
        .where(table.c.organization_id == keys.c.organization_id)
        .correlate(keys)
    )


def actors_own(keys: FromClause) -> ColumnElement[UUID]:
    """The caller's membership in the team that is in `keys`, by its `organization_id` and `team_id`."""
    return (
        select(team_members.c.id)
        .join(
            members,
            (members.c.organization_id == team_members.c.organization_id)
            & (members.c.id == team_members.c.organization_member_id),
        )
        .where(
            team_members.c.organization_id == keys.c.organization_id,
            team_members.c.team_id == keys.c.team_id,
            team_members.c.deleted_at.is_(None),
            members.c.organization_id == keys.c.organization_id,
            members.c.user_id == bindparam("actor_id", type_=Uuid),
        )
        .correlate(keys)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
