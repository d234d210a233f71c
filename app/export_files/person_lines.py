"""What is known of a person, for themselves (GDPR, article 15): for each type of line its statement, as in `lines`.

What others have written is theirs: of a task that somebody has, or a document that they made, its name is told and not
its text, and of a line in a log what changed only where it is about them.
"""

from functools import lru_cache

from sqlalchemy import ARRAY, ColumnElement, Table, Text, Uuid, any_, bindparam, case, cast, func, or_, select

from app.api_keys.models import ApiKey
from app.db.columns import Expression, Rows, table_of
from app.export_files.lines import (
    STAMPS,
    Section,
    columns,
    documents,
    events,
    members,
    organizations,
    section,
    tasks,
    team_members,
    teams,
    users,
)
from app.invitations.models import Invitation

invitations, api_keys = table_of(Invitation), table_of(ApiKey)

# They, and whom somebody made of an address of theirs; these addresses; and where there is something of them.
PERSONS = bindparam("persons", type_=ARRAY(Uuid))
KEYS = bindparam("keys", type_=ARRAY(Text))
PLACES = bindparam("places", type_=ARRAY(Uuid))


@lru_cache(1)
def person_sections() -> tuple[Section, ...]:
    """Each type of line, in the order of the file."""
    return (
        section("account", _accounts(), "created_at", "id"),
        section("member", _members(), "created_at", "id"),
        section("team_member", _team_members(), "created_at", "id"),
        section("invitation", _invitations(), "created_at", "id"),
        section("task", _tasks(), "created_at", "id"),
        section("document", _documents(), "created_at", "id"),
        section("api_key", _api_keys(), "created_at", "id"),
        section("event", _events(), "organization", "sequence"),
    )


def _accounts() -> Rows:
    names = "id", "subject", "email", "owns_email", "name", "avatar_url", *STAMPS
    return select(*columns(users, *names)).where(_theirs(users.c.id))


def _members() -> Rows:
    return _of(members, "id", "role", *STAMPS, "deleted_at").where(_theirs(members.c.user_id))


def _team_members() -> Rows:
    return (
        _of(team_members, "id", "role", *STAMPS, "deleted_at")
        .add_columns(_team_key(team_members).label("team"))
        .where(team_members.c.organization_member_id.in_(_memberships()))
    )


def _invitations() -> Rows:
    """Those that they have got; those that they sent say something of others."""
    names = "id", "email", "role", "status", "message", "expires_at", "ended_at", *STAMPS
    received = or_(invitations.c.email_key == any_(KEYS), _theirs(invitations.c.answered_by))
    return _of(invitations, *names).where(received)


def _tasks() -> Rows:
    seats = select(team_members.c.id).where(
        team_members.c.organization_id == any_(PLACES), team_members.c.organization_member_id.in_(_memberships())
    )
    made, has = _theirs(tasks.c.creator_id), tasks.c.assignee_id.in_(seats)
    return (
        _of(tasks, "id", "title", *STAMPS, "deleted_at")
        .add_columns(
            (_team_key(tasks) + "-" + cast(tasks.c.number, Text)).label("key"),
            func.coalesce(made, False).label("is_creator"),
            func.coalesce(has, False).label("is_assignee"),
        )
        .where(or_(made, has))
    )


def _documents() -> Rows:
    return _of(documents, "id", "title", *STAMPS, "deleted_at").where(_theirs(documents.c.created_by))


def _api_keys() -> Rows:
    """Never their secrets, nor what these can be recognized by."""
    names = "id", "name", "scopes", "expires_at", "revoked_at", "last_used_at", *STAMPS
    return _of(api_keys, *names).where(_theirs(api_keys.c.created_by))


def _events() -> Rows:
    did, about = _theirs(events.c.actor_id), (events.c.subject_type == "User") & _theirs(events.c.subject_id)
    return (
        _of(events, "sequence", "subject_type", "subject_id", "request_id", "created_at")
        .add_columns(
            events.c.type.label("event"),
            func.coalesce(did, False).label("is_actor"),
            case((about, events.c.changes)).label("changes"),
        )
        .where(or_(did, about))
    )


def _of(table: Table, *names: str) -> Rows:
    """These columns of rows where there is something of them, with the organization that a row is of."""
    slug = select(organizations.c.slug).where(organizations.c.id == table.c.organization_id).scalar_subquery()
    return select(slug.label("organization"), *columns(table, *names)).where(table.c.organization_id == any_(PLACES))


def _team_key(table: Table) -> Expression:
    team = (teams.c.organization_id == table.c.organization_id) & (teams.c.id == table.c.team_id)
    return select(teams.c.key).where(team).scalar_subquery()


def _memberships() -> Rows:
    return select(members.c.id).where(members.c.organization_id == any_(PLACES), _theirs(members.c.user_id))


def _theirs(user_id: Expression) -> ColumnElement[bool]:
    return user_id == any_(PERSONS)
