"""Giving people roles in organizations, removing them and bringing them back; they come in by invitations."""

from typing import Annotated

import strawberry

from app.auth.guards import require
from app.events.change import change
from app.graph.context import Info
from app.graph.ids import parse_id
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.lock import member_for_update, member_to_remove, require_other_owner
from app.members.models import OrganizationRole
from app.members.policies import OWNER, can_give, can_remove, can_restore, can_update
from app.members.types import OrganizationMember
from app.trash.delete import delete_rows
from app.trash.restore import restore_rows
from app.trash.types import DeletePayload
from app.writing.mutation import Payload, mutation
from app.writing.rows import rows_for_update

MemberId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The membership's id.")]


@strawberry.type
class OrganizationMemberMutations:
    @mutation(
        description="Gives a member another role. FORBIDDEN to those who are neither owners nor admins of the "
        "organization; only owners make or change owners. LAST_OWNER where no owner would be left.",
        scope=None,
    )
    async def update_organization_member(
        self,
        info: Info,
        member_id: MemberId,
        role: Annotated[OrganizationRole, strawberry.argument(description="What they are to be.")],
    ) -> Payload[OrganizationMember]:
        context = info.context
        member = await member_for_update(context, parse_id(member_id, "id"))
        require(can_update(context.actor, member))
        require(can_give(context.actor, member.organization_id, role.name))
        if role.name != OWNER:
            await require_other_owner(context, member, "role")
        after = await change(context, ORGANIZATION_MEMBERS, member, {"role": role.name})
        if member.user_id == context.actor.user_id:
            await context.signed_in.refresh_actor()
        return Payload.of(after)

    @mutation(
        description="Removes a member from an organization and its teams; their tasks stay assigned. FORBIDDEN to "
        "those who are neither owners nor admins, and only owners remove owners; but anybody may leave, and then no "
        "longer sees the `deletion`. LAST_OWNER where no owner would be left.",
        scope="ADMIN",
    )
    async def remove_organization_member(self, info: Info, member_id: MemberId) -> DeletePayload:
        context = info.context
        member = await member_to_remove(context, parse_id(member_id, "id"))
        require(can_remove(context.actor, member))
        if member.deleted_at is None:
            await require_other_owner(context, member, "id")
        payload = DeletePayload.of(await delete_rows(context, ORGANIZATION_MEMBERS, [member]), [member])
        if member.user_id == context.actor.user_id:
            await context.signed_in.refresh_actor()
            payload.deletion = None
        return payload

    @mutation(
        description="Brings a removed member back, with their role, into the organization and the teams that they "
        "were in. FORBIDDEN to those who are neither owners nor admins; only owners bring owners back. TAKEN where "
        "the person is a member again.",
        scope="ADMIN",
    )
    async def restore_organization_member(self, info: Info, member_id: MemberId) -> Payload[OrganizationMember]:
        context = info.context
        member = await member_for_update(context, parse_id(member_id, "id"), deleted=True)
        require(can_restore(context.actor, member, None))
        await restore_rows(context, ORGANIZATION_MEMBERS, [member])
        (restored,) = await rows_for_update(context, ORGANIZATION_MEMBERS, [member.id])
        return Payload.of(restored)
