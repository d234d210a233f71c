"""What writing organizations, teams and their members costs in statements, however much is in them."""

from typing import Any

import asyncpg
import pytest

from tests.actions import ACTIONS, document
from tests.api import Api
from tests.factories import make_tenant

# BEGIN with the identity, the savepoint and its end, the organization's counter, the events, COMMIT.
AROUND = 6
WRITES = {
    # The turn, who the actor is by now in two; the identity is widened; the organization, its owner; and who the actor
    # is now, in two.
    "createOrganization": 8,
    # The organization, the change.
    "updateOrganization": 2,
    # The organization; time for all that is in it; it, its teams, documents (in two), members and tasks; the settings;
    # the deletion; the usual time again.
    "deleteOrganization": 11,
    # The organization, who the actor is by now in two; whether the address is a member's, how many have been made, the
    # one whose time is over; the invitation.
    "inviteToOrganization": 7,
    # The invitation, the change.
    "resendInvitation": 2,
    "revokeInvitation": 2,
    # Whose member it is, the organization, who the actor is by now in two, the member, the change.
    "updateOrganizationMember": 6,
    # As before; and in place of the change, time, the member and their teams; the settings; the deletion;
    # the usual time again.
    "removeOrganizationMember": 11,
    # The organization, the actor's membership, the team, its first member.
    "createTeam": 4,
    # The team, the actor's role in it, the change.
    "updateTeam": 3,
    # The team, the role; time; it, its members, tasks and documents; the settings; the deletion; the usual time
    # again.
    "deleteTeam": 10,
    # The member, the role, the change, the payload.
    "updateTeamMember": 4,
    # The member, the role; the stamp, the settings, the deletion.
    "removeTeamMember": 5,
}


@pytest.mark.parametrize("mutation", WRITES)
async def test_cost(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    costs = []
    for teams in (2, 2, 20):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, members=3, teams=teams, tasks=3, documents=3)
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        data = await api.data(document(ACTIONS[mutation].field, tenant), who=tenant.owner)
        assert data[mutation]["userErrors"] == []
        costs.append(len(api.statements) - AROUND)

    assert costs[1:] == [WRITES[mutation]] * 2
