"""Founding organizations."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Uuid, bindparam, func, select

from app.db.columns import new_id
from app.db.statement import prepare
from app.events.change import create
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.graph.rows import insert_row
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationRole
from app.organizations.loaders import ORGANIZATIONS

FOUND = prepare(select(func.trellis_found(bindparam("founded_id", type_=Uuid))))


async def found(context: Context, values: Mapping[str, Any]) -> Any:
    """The organization that was made of `values`, with the actor as its first owner.

    Nobody is in an organization that does not exist yet, so the database first lets this transaction write into it, and
    knows the actor for its owner once their membership is there.
    """
    organization_id = new_id()
    await context.fetch(FOUND, {"founded_id": organization_id})
    organization = await insert_row(context, ORGANIZATIONS, {"id": organization_id, **values})
    record(context, EventType.CREATED, organization, after=values)
    owner = {"user_id": context.actor.user_id, "role": OrganizationRole.OWNER.name}
    await create(context, ORGANIZATION_MEMBERS, organization_id, owner)
    await context.signed_in.refresh_actor()
    return organization
