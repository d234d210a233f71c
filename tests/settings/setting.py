"""Setting things by way of the API, for tests of what comes of it."""

from typing import Any
from uuid import UUID

from tests.api import Api
from tests.factories import Tenant
from tests.settings.documents import UPDATE_MEMBER, UPDATE_ORGANIZATION, UPDATE_TEAM


async def of_organization(api: Api, tenant: Tenant, **given: Any) -> dict[str, Any]:
    """The payload of its owner's setting this."""
    data = await api.data(UPDATE_ORGANIZATION, who=tenant.owner, id=str(tenant.id), input=given)
    return _written(data["updateOrganizationSettings"])


async def of_team(api: Api, tenant: Tenant, *, team: int = 0, **given: Any) -> dict[str, Any]:
    """The same for one of its teams."""
    data = await api.data(UPDATE_TEAM, who=tenant.owner, id=str(tenant.teams[team]), input=given)
    return _written(data["updateTeamSettings"])


async def of_member(api: Api, who: str, team_member: UUID, **given: Any) -> dict[str, Any]:
    """The same for the membership in a team of `who`."""
    data = await api.data(UPDATE_MEMBER, who=who, id=str(team_member), input=given)
    return _written(data["updateTeamMemberSettings"])


def _written(payload: dict[str, Any]) -> dict[str, Any]:
    assert payload["userErrors"] == []
    return payload
