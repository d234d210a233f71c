"""What a tenant's people are."""

from typing import Any

import asyncpg

from tests.factories import Tenant

ROLES = "SELECT role FROM organization_members WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY created_at"


async def give_role(superuser: "asyncpg.Connection[Any]", tenant: Tenant, place: int, role: str) -> str:
    """The tenant's person at `place`, from 1 on, as whom to ask, with that role."""
    await superuser.execute("UPDATE organization_members SET role = $2 WHERE id = $1", tenant.members[place - 1], role)
    return tenant.owner.replace("person1", f"person{place}")


async def roles(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> list[str]:
    return [row["role"] for row in await superuser.fetch(ROLES, tenant.id)]
