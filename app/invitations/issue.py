"""Making invitations, and the links by which they are accepted."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, func, insert, select

from app.auth.secrets import INVITATION, hash_of, new_key
from app.db.columns import new_id, now
from app.db.statement import Parameters, prepare
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.invitations.loaders import INVITATIONS, invited_teams
from app.invitations.models import InvitationStatus
from app.invitations.rows import InvitationRow
from app.writing.rows import insert_row, update_row

given = (
    func.unnest(bindparam("team_ids", type_=ARRAY(Uuid)), bindparam("roles", type_=ARRAY(Text)))
    .table_valued("team_id", "role", name="given")
    .render_derived()
)
MAKE_TEAMS = prepare(
    insert(invited_teams).from_select(
        ["organization_id", "invitation_id", "team_id", "role"],
        select(
            bindparam("organization_id", type_=Uuid),
            bindparam("invitation_id", type_=Uuid),
            given.c.team_id,
            given.c.role,
        ),
    )
)


class Issued(NamedTuple):
    """The row of an invitation, and its secret, which nobody can be told again."""

    row: InvitationRow
    secret: str


async def issue(context: Context, organization_id: UUID, values: Parameters, teams: Mapping[UUID, str]) -> Issued:
    """A new invitation with `values`: its email, role, message and expires_at; `teams` are the roles there, by id."""
    invitation_id = new_id()
    secret = _secret(context, invitation_id)
    kept = {"invited_by": context.actor.user_id, "secret_hash": hash_of(secret)}
    names = {"organization_id": organization_id, "id": invitation_id, "status": InvitationStatus.PENDING.name}
    row = await insert_row(context, INVITATIONS, {**names, **values, **kept})
    if teams:
        of_teams = {"team_ids": list(teams), "roles": list(teams.values())}
        await context.fetch(
            MAKE_TEAMS, {"organization_id": organization_id, "invitation_id": invitation_id, **of_teams}
        )
    record(context, EventType.CREATED, row, after=values)
    return Issued(row, secret)


async def renew(context: Context, row: InvitationRow, expires_at: datetime) -> Issued:
    """The pending invitation of `row`, which the operation holds locked, with another secret, and until then; the link
    from before ends at once."""
    secret = _secret(context, row.id)
    after = await update_row(context, INVITATIONS, row, {"secret_hash": hash_of(secret), "expires_at": expires_at})
    record(context, EventType.UPDATED, after, before={"expires_at": row.expires_at}, after={"expires_at": expires_at})
    return Issued(after, secret)


async def end(context: Context, row: InvitationRow, status: InvitationStatus) -> InvitationRow:
    """The pending invitation of `row`, which the operation holds locked, ended."""
    changes = {"status": status.name, "ended_at": now()}
    answered_by = None if status is InvitationStatus.REVOKED else context.actor.user_id
    after = await update_row(context, INVITATIONS, row, {**changes, "answered_by": answered_by})
    record(context, EventType.UPDATED, after, before={name: row[name] for name in changes}, after=changes)
    return after


def link_of(context: Context, secret: str) -> str | None:
    """Where the front end takes the invitation. The secret is behind the #, where no server's log has it."""
    url = context.invitation_url
    if url is None:
        return None
    link = f"{url}#{secret}"
    context.signed_in.secrets.append(link)
    return link


def _secret(context: Context, invitation_id: UUID) -> str:
    """A new secret, which answers that are kept for retries will leave out."""
    secret = new_key(invitation_id, INVITATION)
    context.signed_in.secrets.append(secret)
    return secret
