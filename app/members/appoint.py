"""Makes somebody an owner of an organization, for whoever runs the server: those whom it has may be gone."""

from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, select, update

from app.db.statement import Clause, statement
from app.events.models import EventType
from app.exports.enter import enter_organization
from app.importer.connection import acting, connect, fetch, fetching
from app.importer.lock import lock_rows
from app.importer.members import join_organizations
from app.members.loaders import ORGANIZATION_MEMBERS, members
from app.members.models import OrganizationRole
from app.organizations.loaders import ORGANIZATIONS

OWNER = {"role": OrganizationRole.OWNER.name}


async def appoint(url: str, user_id: UUID, slug: str) -> bool:
    """Whether they were no owner before. Who is no member comes in, and who was removed comes back as who they were.

    The organization's log names nobody for it. Raises NoOrganization and PersonErased.
    """
    async with connect(url) as connection, acting(connection, user_id) as events:
        organization_id = await enter_organization(connection, slug)
        await lock_rows(connection, ORGANIZATIONS, [organization_id], [organization_id])
        wanted = organization_id, user_id
        memberships, _ = await join_organizations(connection, [wanted], events)
        values = {"organization_id": organization_id, "member_id": memberships[wanted]}
        (member,) = await fetch(connection, _member(), **values)
        if member["role"] == OWNER["role"]:
            return False
        await fetch(connection, _make_owner(), **values, **OWNER)
        events.changed(ORGANIZATION_MEMBERS, EventType.UPDATED, member, OWNER)
        await events.write(fetching(connection), None)
    return True


WANTED = (
    members.c.organization_id == bindparam("organization_id", type_=Uuid),
    members.c.id == bindparam("member_id", type_=Uuid),
)


@statement
def _member() -> Clause:
    return select(members.c.organization_id, members.c.id, members.c.role).where(*WANTED).with_for_update()


@statement
def _make_owner() -> Clause:
    return update(members).where(*WANTED).values(role=bindparam("role", type_=Text), updated_at=func.now())
