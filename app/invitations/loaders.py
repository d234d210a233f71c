"""Reading invitations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text, Uuid, bindparam, func, literal, select, text

from app.db.columns import table_of
from app.db.record import Record
from app.db.source import Source
from app.db.statement import Clause, statement, statement_as, statement_of
from app.graph.context import Context
from app.graph.edges import ListOf
from app.graph.pages import pages
from app.graph.paging import DeletedScope, Order, Page, Slice
from app.graph.select import Key, given_keys, key_values, rows_by_key, scoped, the_callers
from app.invitations.models import PENDING, Invitation, InvitationTeam
from app.invitations.rows import InvitationRow, InvitationTeamRow
from app.teams.models import Team
from app.writing.rows import of_ids

INVITATIONS = Source(Invitation, InvitationRow, long=("message",))
INVITATION_TEAMS = Source(InvitationTeam, InvitationTeamRow)
INVITATION_LIST = ListOf(INVITATIONS, Order("created_at", descending=True), deletable=False)

invitations = table_of(Invitation)
invited_teams = table_of(InvitationTeam)
teams = table_of(Team)


async def invitation_by_id(context: Context, keys: Sequence[Key]) -> list[InvitationRow | None]:
    """The invitation of each key, also one that has ended."""
    return await rows_by_key(context, INVITATIONS, keys)


async def invitations_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's invitations, also those that have ended."""
    every = replace(page, deleted=DeletedScope.INCLUDE)  # they end, and are never deleted
    return await pages(context, INVITATIONS, organizations, every, by="organization_id")


async def invitation_for_update(context: Context, invitation_id: UUID) -> InvitationRow | None:
    """The whole row of an invitation, locked until the commit; None where the caller has none."""
    rows = await context.fetch(_locked(), {"ids": [invitation_id]})
    return rows[0] if rows else None


@statement_of(INVITATIONS)
def _locked() -> Clause:
    return of_ids(select(invitations).with_for_update(key_share=True), INVITATIONS)


async def teams_of_invitation(context: Context, keys: Sequence[Key]) -> list[list[InvitationTeamRow]]:
    """The live teams that each invitation leads into, with the role there, by name; one statement for all."""
    found: list[list[InvitationTeamRow]] = [[] for _ in keys]
    for row in await context.fetch(_teams(), key_values(keys)):
        found[row["ordinal"] - 1].append(row)
    return found


@statement_of(INVITATION_TEAMS)
def _teams() -> Clause:
    keys = given_keys()
    return (
        select(keys.c.ordinal, *INVITATION_TEAMS.columns.values())
        .join(
            invited_teams,
            (invited_teams.c.organization_id == keys.c.organization_id) & (invited_teams.c.invitation_id == keys.c.id),
        )
        .join(
            teams,
            (teams.c.organization_id == invited_teams.c.organization_id) & (teams.c.id == invited_teams.c.team_id),
        )
        .where(the_callers(keys.c.organization_id), teams.c.deleted_at.is_(None))
        .order_by(keys.c.ordinal, teams.c.name, teams.c.id)
    )


async def is_member(context: Context, organization_id: UUID, email_key: str) -> bool:
    """Whether whoever owns the address is a member of the organization, which is one of the caller's.

    Of no other organization, and of nobody's account, is anything told: the database does the same in any case.
    """
    values = {"organization_id": organization_id, "email_key": email_key}
    return bool((await context.fetch(_is_member(), values))[0][0])


@statement
def _is_member() -> Clause:
    names = bindparam("organization_id", type_=Uuid), bindparam("email_key", type_=Text)
    return select(func.trellis_is_member(*names))


async def expired_invitation(context: Context, organization_id: UUID, email_key: str) -> InvitationRow | None:
    """The locked row of the address's invitation whose time is over; None where there is none."""
    rows = await context.fetch(_expired(), {"organization_id": organization_id, "email_key": email_key})
    return rows[0] if rows else None


@statement_of(INVITATIONS)
def _expired() -> Clause:
    return (
        select(invitations)
        .where(
            scoped(INVITATIONS),
            invitations.c.organization_id == bindparam("organization_id", type_=Uuid),
            invitations.c.email_key == bindparam("email_key", type_=Text),
            text(PENDING),
            invitations.c.expires_at <= func.clock_timestamp(),
        )
        .with_for_update(key_share=True)
    )


async def newest(context: Context, organization_id: UUID, since: datetime, most: int) -> int:
    """How many invitations the organization has made since then, counted up to `most`."""
    values = {"organization_id": organization_id, "since": since, "most": most}
    return int((await context.fetch(_newest(), values))[0][0])


@statement
def _newest() -> Clause:
    made = (
        select(literal(1))
        .where(
            scoped(INVITATIONS),
            invitations.c.organization_id == bindparam("organization_id", type_=Uuid),
            invitations.c.created_at >= bindparam("since", type_=DateTime(timezone=True)),
        )
        .limit(bindparam("most", type_=BigInteger))
        .subquery()
    )
    return select(func.count()).select_from(made)


class Received(Record):
    """An invitation as whoever is invited sees it."""

    organization_id: UUID
    id: UUID
    organization_name: str
    role: str
    message: str | None
    invited_by: str | None
    created_at: datetime
    expires_at: datetime


async def received_by_actor(context: Context, keys: Sequence[Key]) -> list[list[Received]]:
    """The invitations of the caller's verified address that they can accept, the newest first, at most 100.

    They are in none of these organizations: the database looks across all of them, for one address.
    """
    rows = await context.fetch(_received(), {})
    return [rows for _ in keys]


@statement_as(Received)
def _received() -> Clause:
    return select(func.trellis_received_invitations().table_valued(*Received.__annotations__))
