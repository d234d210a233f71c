"""Reading tasks."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Table,
    TableValuedAlias,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)

from app.db.columns import Rows, table_of
from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.pages import pages
from app.graph.paging import Page, Slice
from app.graph.select import Key, rows_by_id, rows_by_key
from app.organizations.loaders import readable
from app.organizations.models import Organization
from app.tasks.models import FormerTaskKey, Task, TaskStatus
from app.tasks.rows import TaskRow
from app.team_members.loaders import MEMBERSHIPS_OF_CALLER
from app.teams.models import FormerTeamKey, Team

tasks = table_of(Task)
teams = table_of(Team)
organizations = table_of(Organization)
former_keys = table_of(FormerTaskKey)
former_team_keys = table_of(FormerTeamKey)

team_key = (
    select(teams.c.key)
    .where(teams.c.organization_id == tasks.c.organization_id, teams.c.id == tasks.c.team_id)
    .correlate(tasks)
    .scalar_subquery()
)

TASKS = Source(
    Task,
    TaskRow,
    long=("description", "tags"),
    key=team_key + "-" + cast(tasks.c.number, Text),
    latest_due=func.coalesce(tasks.c.due_date, literal_column("'-infinity'::date", Date())),
    completed=tasks.c.status == literal_column(f"'{TaskStatus.DONE.value}'"),
)


class TaskName(NamedTuple):
    """What people call a task: its organization's slug and a key such as ENG-42, in its two halves."""

    slug: str
    team_key: str
    number: int


async def task_by_id(context: Context, keys: Sequence[Key]) -> list[TaskRow | None]:
    """The task of each key, deleted or not."""
    return await rows_by_key(context, TASKS, keys)


async def any_task(context: Context, ids: Sequence[UUID]) -> list[TaskRow | None]:
    """The task of each id, deleted or not, in whichever of the caller's organizations."""
    return await rows_by_id(context, TASKS, ids)


async def tasks_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of the tasks of each organization."""
    return await pages(context, TASKS, organizations, page, by="organization_id")


async def tasks_by_team(context: Context, teams: Sequence[Key], page: Page) -> list[Slice]:
    """A page of the tasks of each team."""
    return await pages(context, TASKS, teams, page, by="team_id")


async def tasks_by_assignee(context: Context, team_members: Sequence[Key], page: Page) -> list[Slice]:
    """A page of the tasks assigned to each member of a team."""
    return await pages(context, TASKS, team_members, page, by="assignee_id")


async def tasks_of_actor(context: Context, actors: Sequence[Key], page: Page) -> list[Slice]:
    """A page of the tasks assigned to the caller, in all their organizations: of each membership as many are read."""
    found = await pages(context, TASKS, actors, page, by="assignee_id", through=MEMBERSHIPS_OF_CALLER)
    return readable(context, found)


async def task_by_name(context: Context, names: Sequence[TaskName]) -> list[TaskRow | None]:
    """The task of each name, also of one that it had before it moved, its team was renamed or it was imported.

    It has `deleted_at`: one that is deleted is found where no live one has or had the name.
    """
    return await _called_so(context, names, former=False)


async def task_by_former_name(context: Context, names: Sequence[TaskName]) -> list[TaskRow | None]:
    """The task that had each name last, whichever has it now. It has `deleted_at`, as above."""
    return await _called_so(context, names, former=True)


async def _called_so(context: Context, names: Sequence[TaskName], *, former: bool) -> list[TaskRow | None]:
    values = {
        "slugs": [name.slug for name in names],
        "team_keys": [name.team_key for name in names],
        "numbers": [name.number for name in names],
    }
    columns = context.columns(TASKS, "organization_id", "id", "deleted_at")
    found = {row["ordinal"]: row for row in await context.fetch(_by_name(columns, former), values)}
    return [found.get(ordinal) for ordinal in range(1, len(names) + 1)]


@lru_cache(1000)
def _by_name(columns: tuple[str, ...], former: bool) -> Statement[TaskRow]:
    names = (
        func.unnest(
            bindparam("slugs", type_=ARRAY(Text)),
            bindparam("team_keys", type_=ARRAY(Text)),
            bindparam("numbers", type_=ARRAY(Integer)),
        )
        .table_valued("slug", "team_key", "number", with_ordinality="ordinal", name="names")
        .render_derived()
    )
    named = _named(names, former)
    return prepare(
        select(names.c.ordinal, *(TASKS.columns[name].label(name) for name in columns))
        .select_from(names)
        .join(organizations, organizations.c.slug == names.c.slug)
        .join(named, true())
        .join(tasks, (tasks.c.organization_id == organizations.c.id) & (tasks.c.id == named.c.id))
        # Of the organization, as the tasks are found by it: on theirs, too, it would let the planner read them all.
        .where(organizations.c.id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))))
        # Of several organizations that had the slug the last counts: the live one, or what was deleted last.
        .order_by(organizations.c.deleted_at.nulls_last()),
        TASKS,
    )


def _named(names: TableValuedAlias, former: bool) -> FromClause:
    """The id of the task that has the name, unless a `former` name is asked for, or else of the one that had it last:
    until it moved, or its team got another key or was deleted. A deleted task comes after all live ones."""
    has = _in_team(names, teams.c.id, teams, teams.c.deleted_at)
    had = _in_team(names, former_team_keys.c.team_id, former_team_keys, former_team_keys.c.created_at)
    other = tasks.alias("other")
    moved = (
        select(other.c.id, other.c.deleted_at, former_keys.c.created_at)
        .select_from(former_keys)
        .join(other, (other.c.organization_id == former_keys.c.organization_id) & (other.c.id == former_keys.c.task_id))
        .where(
            former_keys.c.organization_id == organizations.c.id,
            former_keys.c.key == names.c.team_key + "-" + cast(names.c.number, Text),
        )
        .correlate(organizations, names)
    )
    named = union_all(*([] if former else [has]), had, moved).subquery("every")
    live_first = named.c.deleted_at.is_not(None)
    return select(named.c.id).order_by(live_first, named.c.until.desc().nulls_first()).limit(1).lateral("named")


def _in_team(
    names: TableValuedAlias, team_id: ColumnElement[UUID], called: Table, until: ColumnElement[datetime]
) -> Rows:
    """The task of that number in the team that is, or was `until` then, called so in `called`."""
    numbered = tasks.alias("numbered")
    same_team = (numbered.c.organization_id == called.c.organization_id) & (numbered.c.team_id == team_id)
    return (
        select(numbered.c.id, numbered.c.deleted_at, until.label("until"))
        .select_from(called)
        .join(numbered, same_team)
        .where(
            called.c.organization_id == organizations.c.id,
            called.c.key == names.c.team_key,
            numbered.c.number == names.c.number,
        )
        .correlate(organizations, names)
    )
