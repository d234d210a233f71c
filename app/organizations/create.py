"""Creating organizations."""

from sqlalchemy import Uuid, bindparam, func, select

from app.db.columns import new_id
from app.db.lock import TAKE_TURN
from app.db.statement import Parameters, prepare
from app.events.change import create
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationRole
from app.organizations.loaders import ORGANIZATIONS
from app.organizations.rows import OrganizationRow
from app.writing.mutation import UserErrorCode, rejected
from app.writing.rows import insert_row

NONE = "On this server organizations are made by whoever runs it: ask them for one."
TOO_MANY = (
    "You may own {} organizations, those in the trash included: make somebody else the owner of one, or purge one."
)
ENTER_NEW = prepare(select(func.trellis_found(bindparam("new_id", type_=Uuid))))


async def create_organization(context: Context, values: Parameters) -> OrganizationRow:
    """The organization that was made of `values`, with the actor as its first owner.

    Nobody is in an organization that does not exist yet, so the database first lets this transaction write into it, and
    knows the actor for its owner once their membership is there. Raises Rejected where they own as many as they may.
    """
    await _require_room(context)
    organization_id = new_id()
    await context.fetch(ENTER_NEW, {"new_id": organization_id})
    organization = await insert_row(context, ORGANIZATIONS, {"id": organization_id, **values})
    record(context, EventType.CREATED, organization, after=values)
    owner = {"user_id": context.actor.user_id, "role": OrganizationRole.OWNER.name}
    await create(context, ORGANIZATION_MEMBERS, organization_id, owner)
    await context.signed_in.refresh_actor()
    return organization


async def _require_room(context: Context) -> None:
    """Raises Rejected where the actor owns so many organizations, deleted ones included, that they cannot make another.

    One after the other: whoever makes several at once has them counted, too.
    """
    await context.fetch(TAKE_TURN, {"turn": f"organizations of {context.actor.id}"})
    await context.signed_in.refresh_actor()
    most = context.allowance.organizations
    if most == 0:
        raise rejected(UserErrorCode.LIMIT_EXCEEDED, NONE, "input")
    if sum(role == OrganizationRole.OWNER.name for role in context.actor.roles.values()) >= most:
        raise rejected(UserErrorCode.LIMIT_EXCEEDED, TOO_MANY.format(most), "input")
