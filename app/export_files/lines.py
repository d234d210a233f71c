"""What an organization says of itself in an export: for each type of line the statement that makes the lines.

PostgreSQL writes the JSON, so that a server does little more than to pass it on. Each statement reads its rows in the
order of an index where there can be many: it begins to answer at once. docs/export.md has the lines as people read
them, `export_files/fields` as an import takes them back.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
)

from app.db.columns import Expression, Rows, table_of
from app.db.statement import Statement, prepare
from app.documents.models import Document, DocumentText
from app.events.models import Event
from app.members.models import OrganizationMember
from app.organizations.models import Organization
from app.settings.models import OrganizationSettings, TeamMemberSettings, TeamSettings
from app.tasks.models import FormerTaskKey, Task
from app.team_members.models import TeamMember
from app.teams.models import FormerTeamKey, Team
from app.users.models import User

organizations, members, users = table_of(Organization), table_of(OrganizationMember), table_of(User)
teams, team_members, tasks = table_of(Team), table_of(TeamMember), table_of(Task)
documents, texts, events = table_of(Document), table_of(DocumentText), table_of(Event)

ORGANIZATION_ID = bindparam("organization_id", type_=Uuid)
LINES_AT_ONCE = 100  # a few megabytes, even of tasks with the longest descriptions
DOCUMENTS_AT_ONCE = 4  # a text has up to a megabyte
SETTINGS = ("timezone", "week_start", "default_task_priority", "digest", "retention_days", "search_mode", "locked")
STAMPS = ("created_at", "updated_at")


class Section(NamedTuple):
    """The lines of one type: `lines` answers them as JSON, `amount` how many there are."""

    type: str
    lines: Statement
    amount: Statement
    at_once: int


@lru_cache(1)
def sections() -> tuple[Section, ...]:
    """Each type of line in the order of the file: what a line refers to comes before it."""
    return (
        section("organization", _organizations()),
        section("member", _members(), "created_at", "id"),
        section("former_member", _former_members(), "person"),
        section("team", _teams(), "created_at", "id"),
        section("team_member", _team_members(), "team", "created_at", "id"),
        section("task", _tasks(), "created_at", "id"),
        section("document", _documents(), "created_at", "id", at_once=DOCUMENTS_AT_ONCE),
        section("event", _events(), "sequence"),
    )


def section(name: str, rows: Rows, *order: str, at_once: int = LINES_AT_ONCE) -> Section:
    """The lines of type `name`, whose fields are the columns of `rows`, in the order of some of these."""
    fields = rows.subquery()
    line = select(literal_column(f"'{name}'").label("type"), *fields.c).subquery("line")
    text = cast(func.row_to_json(literal_column("line")), Text)
    lines = select(text).select_from(line).order_by(*(line.c[one] for one in order))
    return Section(name, prepare(lines), prepare(select(func.count()).select_from(fields)), at_once)


def _organizations() -> Rows:
    return select(
        *columns(organizations, "id", "name", "slug", "version", *STAMPS),
        _settings(table_of(OrganizationSettings)).label("settings"),
    ).where(organizations.c.id == ORGANIZATION_ID, organizations.c.deleted_at.is_(None))


def _members() -> Rows:
    """An address that no provider vouches for may be anybody's: it is not told, as the API does not tell it either."""
    return (
        select(
            members.c.id,
            members.c.user_id.label("person"),
            case((users.c.owns_email, users.c.email)).label("email"),
            users.c.name,
            *columns(members, "role", *STAMPS),
        )
        .join(users, users.c.id == members.c.user_id)
        .where(*_live(members))
    )


def _former_members() -> Rows:
    """Those who have left and whom what they did still names: by their name alone."""
    again = members.alias("again")
    is_member = exists(select(again.c.id).where(*_live(again), again.c.user_id == members.c.user_id))
    return (
        select(members.c.user_id.label("person"), users.c.name)
        .distinct()
        .join(users, users.c.id == members.c.user_id)
        .where(
            members.c.organization_id == ORGANIZATION_ID,
            members.c.deleted_at.is_not(None),
            users.c.email.is_not(None),  # else they are erased
            ~is_member,
        )
    )


def _teams() -> Rows:
    settings = table_of(TeamSettings)
    return select(
        *columns(teams, "id", "key", "name", "description", "last_number", "version", *STAMPS),
        _former_keys(table_of(FormerTeamKey), "team_id", teams).label("former_keys"),
        _settings(settings, settings.c.team_id == teams.c.id).label("settings"),
    ).where(*_live(teams))


def _team_members() -> Rows:
    settings = table_of(TeamMemberSettings)
    return select(
        team_members.c.id,
        team_members.c.team_id.label("team"),
        team_members.c.organization_member_id.label("member"),
        *columns(team_members, "role", *STAMPS),
        _settings(settings, settings.c.team_member_id == team_members.c.id).label("settings"),
    ).where(*_live(team_members))


def _tasks() -> Rows:
    """Whoever has been removed from the team has the task no more."""
    return (
        select(
            tasks.c.id,
            tasks.c.team_id.label("team"),
            *columns(tasks, "number", "title", "description", "status", "priority", "estimate", "due_date", "tags"),
            team_members.c.id.label("assignee"),
            _person(tasks.c.creator_id).label("creator"),
            *columns(tasks, "completed_at", "version", *STAMPS),
            _former_keys(table_of(FormerTaskKey), "task_id", tasks).label("former_keys"),
        )
        .outerjoin(team_members, _is(team_members, tasks.c.assignee_id))
        .where(*_live(tasks))
    )


def _documents() -> Rows:
    return (
        select(
            documents.c.id,
            documents.c.team_id.label("team"),
            *columns(documents, "title", "kind", "source"),
            _person(documents.c.created_by).label("creator"),
            *columns(documents, "version", *STAMPS),
            texts.c.text,
        )
        .join(texts, (texts.c.organization_id == ORGANIZATION_ID) & (texts.c.document_id == documents.c.id))
        .where(*_live(documents))
    )


def _events() -> Rows:
    return select(
        events.c.sequence,
        events.c.type.label("event"),
        *columns(events, "subject_type", "subject_id"),
        _person(events.c.actor_id).label("actor"),
        events.c.api_key_id.label("api_key"),
        *columns(events, "request_id", "changes", "created_at"),
    ).where(events.c.organization_id == ORGANIZATION_ID)


def columns(table: FromClause, *names: str) -> list[Expression]:
    """The columns of these names."""
    return [table.c[name] for name in names]


def _live(table: FromClause) -> tuple[ColumnElement[bool], ...]:
    return table.c.organization_id == ORGANIZATION_ID, table.c.deleted_at.is_(None)


def _is(table: Table, row_id: Expression) -> ColumnElement[bool]:
    """The row of that id, while it lives."""
    return (table.c.id == row_id) & (table.c.organization_id == ORGANIZATION_ID) & table.c.deleted_at.is_(None)


def _person(user_id: Expression) -> Expression:
    """Somebody of whom another line says who they are or were; of others, such as the erased, not even the id."""
    here = members.alias("here")
    known = select(here.c.id).where(here.c.user_id == user_id, here.c.organization_id == ORGANIZATION_ID)
    return case((exists(known), user_id))


def _settings(table: Table, *which: ColumnElement[bool]) -> Expression:
    """What is set, by name; null where nothing ever was."""
    own = _object({name: table.c[name] for name in (*SETTINGS, "version", *STAMPS) if name in table.c})
    return select(own).where(table.c.organization_id == ORGANIZATION_ID, *which).scalar_subquery()


def _former_keys(table: Table, owner: str, of: Table) -> Expression:
    """The keys that a row had, each with until when."""
    had = func.jsonb_agg(_object({"key": table.c.key, "until": table.c.created_at}))
    return (
        select(func.coalesce(had, literal_column("'[]'::jsonb")))
        .where(table.c.organization_id == ORGANIZATION_ID, table.c[owner] == of.c.id)
        .scalar_subquery()
    )


def _object(fields: Mapping[str, Expression]) -> Expression:
    return func.jsonb_build_object(
        *chain.from_iterable((literal_column(f"'{name}'"), value) for name, value in fields.items())
    )
