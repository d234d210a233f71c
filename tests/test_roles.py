"""Who may do what: every mutation, tried in every role."""

from typing import Any

import asyncpg
import pytest

from app.schema import graphql_schema
from tests.actions import ACTIONS, ROLES, document, make_target
from tests.api import Api
from tests.factories import Tenant
from tests.unchanged import unchanged


def test_every_mutation_has_its_row() -> None:
    assert graphql_schema.mutation_type is not None
    assert set(graphql_schema.mutation_type.fields) == set(ACTIONS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mutation", ACTIONS)
async def test_role(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str, role: str) -> None:
    action = ACTIONS[mutation]
    tenant = await make_target(superuser)
    await give_role(superuser, tenant, *ROLES[role])
    who = tenant.owner.replace("person1", "person2")
    if action.before:
        await api.data(document(action.before, tenant), who=tenant.owner)
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    tried = document(action.field, tenant, deletion=deletion)

    if role in action.allowed:
        data = await api.data(tried, who=who)
        assert data[mutation]["userErrors"] == []
    else:
        async with unchanged(superuser, tenant):
            body = await api.ask(tried, who=who)
        assert codes(body, mutation) == {"FORBIDDEN"}


async def give_role(
    superuser: "asyncpg.Connection[Any]", tenant: Tenant, organization_role: str, team_role: str | None
) -> None:
    """Makes the tenant's second person what the test is about."""
    member = tenant.members[1]
    await superuser.execute("UPDATE organization_members SET role = $2 WHERE id = $1", member, organization_role)
    if team_role is None:
        removed = "UPDATE team_members SET deleted_at = now() WHERE organization_member_id = $1"
        await superuser.execute(removed, member)
    else:
        await superuser.execute(
            "UPDATE team_members SET role = $2 WHERE organization_member_id = $1", member, team_role
        )


def codes(body: dict[str, Any], mutation: str) -> set[str]:
    """Of the errors beside the data, or else in the payload."""
    if "errors" in body:
        return {error["extensions"]["code"] for error in body["errors"]}
    return {error["code"] for error in body["data"][mutation]["userErrors"]}
