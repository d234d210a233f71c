"""Erasing people as they, and their organizations' owners, do it."""

from typing import Any

from tests.api import Api
from tests.factories import Tenant

ERASE = """mutation ($id: ID!, $in: ID) { eraseUser(id: $id, organizationId: $in) {
    erasedId userErrors { code message path }
} }"""
PREVIEW = """query ($id: ID!, $in: ID) { erasurePreview(id: $id, organizationId: $in) {
    organizationMembers teamMembers tasks invitations events apiKeys lastOwnerOf { slug }
} }"""


async def erase(api: Api, who: str, user: Any, within: Tenant | None = None) -> dict[str, Any]:
    """What `who` is answered that erases somebody."""
    payload: dict[str, Any] = (await api.data(ERASE, who=who, **_named(user, within)))["eraseUser"]
    return payload


async def preview(api: Api, who: str, user: Any, within: Tenant | None = None) -> Any:
    """What `who` is told that erasing somebody would take."""
    return (await api.data(PREVIEW, who=who, **_named(user, within)))["erasurePreview"]


async def refused(api: Api, who: str, user: Any, within: Tenant | None = None) -> tuple[str, str]:
    """The code and the sentence by which `who` may not erase somebody, nor look what it would take."""
    error = await api.error(ERASE, who=who, **_named(user, within))
    return error["extensions"]["code"], error["message"]


def _named(user: Any, within: Tenant | None) -> dict[str, Any]:
    return {"id": str(user), "in": within and str(within.id)}
