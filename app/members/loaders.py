"""Reading memberships in organizations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.db.columns import table_of
from app.db.source import Source
from app.db.statement import Clause, statement, statement_of
from app.graph.context import Context
from app.graph.pages import pages
from app.graph.paging import Page, Slice
from app.graph.select import Key, rows_by_key, scoped
from app.members.models import OrganizationMember
from app.members.rows import OrganizationMemberRow
from app.writing.rows import of_ids

members = table_of(OrganizationMember)

ORGANIZATION_MEMBERS = Source(OrganizationMember, OrganizationMemberRow)


async def member_by_id(context: Context, keys: Sequence[Key]) -> list[OrganizationMemberRow | None]:
    """The membership of each key, deleted or not."""
    return await rows_by_key(context, ORGANIZATION_MEMBERS, keys)


async def members_by_organization(context: Context, organizations: Sequence[Key], page: Page) -> list[Slice]:
    """A page of each organization's members."""
    return await pages(context, ORGANIZATION_MEMBERS, organizations, page, by="organization_id")


async def organization_of_member(context: Context, ids: Sequence[UUID]) -> list[UUID | None]:
    """The organization that each membership is in, deleted or not."""
    rows = await context.fetch(_organizations(), {"ids": list(ids)})
    found = {row["id"]: row["organization_id"] for row in rows}
    return [found.get(member_id) for member_id in ids]


@statement
def _organizations() -> Clause:
    return of_ids(select(members.c.id, members.c.organization_id), ORGANIZATION_MEMBERS)


async def memberships_of_user(context: Context, organization_id: UUID, user_id: UUID) -> list[UUID]:
    """The person's memberships in the organization, deleted or not; none where the caller is not in it."""
    rows = await context.fetch(_of_user(), {"organization_id": organization_id, "user_id": user_id})
    return [row.id for row in rows]


@statement_of(ORGANIZATION_MEMBERS)
def _of_user() -> Clause:
    return select(members.c.id).where(
        scoped(ORGANIZATION_MEMBERS),
        members.c.organization_id == bindparam("organization_id", type_=Uuid),
        members.c.user_id == bindparam("user_id", type_=Uuid),
    )


async def actor_member_by_organization(context: Context, organization_ids: Sequence[UUID]) -> list[UUID | None]:
    """The caller's own membership in each organization."""
    values = {"actor_id": context.actor.id, "ids": list(organization_ids)}
    found = {row.organization_id: row.id for row in await context.fetch(_of_actor(), values)}
    return [found.get(organization_id) for organization_id in organization_ids]


@statement_of(ORGANIZATION_MEMBERS)
def _of_actor() -> Clause:
    return select(members.c.organization_id, members.c.id).where(
        scoped(ORGANIZATION_MEMBERS),
        members.c.organization_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        members.c.user_id == bindparam("actor_id", type_=Uuid),
        members.c.deleted_at.is_(None),
    )
