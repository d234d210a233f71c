"""Erasing people: what is known of them goes for good, everywhere or in one organization, and their work stays."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, select

from app.db.record import Record
from app.db.statement import Clause, Fetch, statement, statement_as
from app.graph.context import Context
from app.graph.select import Key, scoped
from app.members.loaders import memberships_of_user
from app.organizations.loaders import ORGANIZATIONS
from app.users.loaders import user_by_key
from app.users.policies import can_read
from app.writing.mutation import Rejected, UserError, UserErrorCode

COUNTS = ("organization_members", "team_members", "tasks", "invitations", "events", "api_keys")


async def is_known(context: Context, user_id: UUID, organization_id: UUID | None) -> bool:
    """Whether the caller sees the person, and in the organization, where one is named, them or who they were."""
    if organization_id is not None:
        return bool(await memberships_of_user(context, organization_id, user_id))
    user = await context.load(user_by_key, Key(None, user_id))
    return user is not None and can_read(context.actor, user)


class Erasure(Record):
    """What erasing somebody would take: COUNTS, and the organizations in whose way it is."""

    organization_members: int
    team_members: int
    tasks: int
    invitations: int
    events: int
    api_keys: int
    last_owner_of: list[UUID]


async def count_erased(fetch: Fetch, user_id: UUID, organization_id: UUID | None) -> Erasure | None:
    """What erasing them would take.

    None where the database lets the caller not do it, who is to be they or, for an organization, an owner of it.
    """
    rows = await fetch(_count(), {"user_id": user_id, "within": organization_id})
    return rows[0] if rows else None


@statement_as(Erasure)
def _count() -> Clause:
    counted = func.trellis_erasure(bindparam("user_id", type_=Uuid), bindparam("within", type_=Uuid))
    return select(counted.table_valued(*COUNTS, "last_owner_of"))


async def erase(
    fetch: Fetch, user_id: UUID, organization_id: UUID | None, *, by: UUID | None, request_id: str | None
) -> list[UUID] | None:
    """Erases a person: with an organization there alone, else everywhere, together with their account.

    Answers the organizations that would have no owner then; where there is one, nothing is erased. None where the
    database lets the caller not do it. `by` is whom the log names for it, which nobody is where Trellis itself does it.
    """
    values = {"user_id": user_id, "within": organization_id, "by": by, "request_id": request_id}
    left: list[UUID] | None = (await fetch(_erase(), values))[0][0]
    return left


@statement
def _erase() -> Clause:
    ids = (bindparam(name, type_=Uuid) for name in ("user_id", "within", "by"))
    return select(func.trellis_erase(*ids, bindparam("request_id", type_=Text)))


def last_owner(names: Sequence[str]) -> Rejected:
    """The refusal that names each organization which would have no owner."""
    message = "{} has no other owner: make somebody else one first, or delete it."
    return Rejected(
        *(UserError(code=UserErrorCode.LAST_OWNER, message=message.format(one), path=["id"]) for one in names)
    )


async def names_of(fetch: Fetch, organization_ids: list[UUID]) -> list[str]:
    """What these organizations of the caller's are called, as in `Acme (acme)`."""
    rows = await fetch(_names(), {"organization_ids": organization_ids})
    return [f"{row['name']} ({row['slug']})" for row in rows]


@statement
def _names() -> Clause:
    columns = ORGANIZATIONS.table.c
    return select(columns.name, columns.slug).where(scoped(ORGANIZATIONS)).order_by(columns.name, columns.slug)
