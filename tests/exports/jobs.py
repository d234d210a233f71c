"""Asking for exports over the API, and waiting until they are written."""

import asyncio
from typing import Any

from tests.api import Api
from tests.factories import Tenant

EXPORT = """mutation ($id: ID!) { exportOrganization(id: $id) {
    export { id status linesWritten linesExpected size expiresAt requestedBy { name } } url userErrors { code message }
} }"""
STATE = """query ($id: ID!) { node(id: $id) { ... on Export {
    status linesWritten linesExpected size error expiresAt counts { type lines }
    events { nodes { type actor { name } } }
} } }"""


async def ask(api: Api, tenant: Tenant) -> dict[str, Any]:
    """The payload for an owner who asks for an export."""
    payload: dict[str, Any] = (await api.data(EXPORT, who=tenant.owner, id=str(tenant.id)))["exportOrganization"]
    return payload


async def state(api: Api, tenant: Tenant, export_id: str) -> dict[str, Any]:
    """The export as it is now."""
    node: dict[str, Any] = (await api.data(STATE, who=tenant.owner, id=export_id))["node"]
    return node


async def finished(api: Api, tenant: Tenant, export_id: str) -> dict[str, Any]:
    """The export once it is COMPLETED or FAILED."""
    async with asyncio.timeout(60):
        while (now := await state(api, tenant, export_id))["status"] in {"PENDING", "RUNNING"}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return now
