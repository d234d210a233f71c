"""Bringing people into an organization as they come into one: they are invited, and accept."""

from typing import Any

from tests.api import Api
from tests.factories import Tenant

INVITE = """mutation ($input: InviteToOrganizationInput!) { inviteToOrganization(input: $input) {
    invitation { id email role status message expiresAt invitedBy { name } teams { role team { key } } }
    secret link userErrors { code message path }
} }"""
ACCEPT = """mutation ($by: InvitationBy!) { acceptInvitation(by: $by) {
    organizationMember { id role organization { slug viewerRole } teams { nodes { role team { key } } } }
    userErrors { code message path }
} }"""
DECLINE = "mutation ($by: InvitationBy!) { declineInvitation(by: $by) { declinedId userErrors { code } } }"


async def invited(api: Api, tenant: Tenant, email: str, **more: Any) -> dict[str, Any]:
    """What the tenant's owner is answered who invites an address."""
    given = {"organizationId": str(tenant.id), "email": email, **more}
    payload: dict[str, Any] = (await api.data(INVITE, who=tenant.owner, input=given))["inviteToOrganization"]
    return payload


async def join(api: Api, tenant: Tenant, email: str, **more: Any) -> str:
    """The id of the membership of whoever signs in with the address, invited by the tenant's owner."""
    payload = await invited(api, tenant, email, **more)
    assert payload["userErrors"] == []
    answer = (await api.data(ACCEPT, who=email, by={"id": payload["invitation"]["id"]}))["acceptInvitation"]
    assert answer["userErrors"] == []
    member_id: str = answer["organizationMember"]["id"]
    return member_id
