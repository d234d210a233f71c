"""Writes of one organization at once: nobody waits for each other in a circle, and nothing is lost."""

import asyncio
from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

ORGANIZATION = (
    "mutation ($id: ID!, $name: String) { updateOrganization(id: $id, input: {name: $name}) { userErrors { code } } }"
)
TEAM = "mutation ($id: ID!, $name: String) { updateTeam(id: $id, input: {name: $name}) { userErrors { code } } }"
MEMBER = """mutation ($id: ID!, $role: OrganizationRole!) {
    updateOrganizationMember(id: $id, role: $role) { userErrors { code } }
}"""
LOG = "SELECT array_agg(sequence ORDER BY sequence) FROM events WHERE organization_id = $1"


async def test_changes_of_an_organization_and_of_what_is_in_it(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2)
    writes = []
    for place in range(10):
        role = ("ADMIN", "MEMBER")[place % 2]
        writes += [
            api.data(ORGANIZATION, who=tenant.owner, id=str(tenant.id), name=f"{place}"),
            api.data(TEAM, who=tenant.owner, id=str(tenant.teams[0]), name=f"{place}"),
            api.data(TEAM, who=tenant.owner, id=str(tenant.teams[1]), name=f"{place}"),
            api.data(MEMBER, who=tenant.owner, id=str(tenant.members[1]), role=role),
        ]

    answers = await asyncio.gather(*writes)

    assert [error for answer in answers for payload in answer.values() for error in payload["userErrors"]] == []
    for table, row_id in (("organizations", tenant.id), ("teams", tenant.teams[0]), ("teams", tenant.teams[1])):
        assert await superuser.fetchval(f"SELECT version FROM {table} WHERE id = $1", row_id) == 11
    sequences = await superuser.fetchval(LOG, tenant.id)
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) >= 31
