"""What managing keys costs in statements, and what happens when several do it at once."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.actions import ACTIONS, document
from tests.api import Api
from tests.api_keys.documents import CREATE, REVOKE, ROTATE, ask, given, make_key, refusal
from tests.factories import make_tenant

# BEGIN with the identity, the savepoint and its end, the organization's counter, the events, COMMIT.
AROUND = 6
WRITES = {
    # The organization, who the actor is by now in two, how many keys it has, the key.
    "createApiKey": 5,
    # The key, its new secret.
    "rotateApiKey": 2,
    # The key, its end.
    "revokeApiKey": 2,
}
DEMOTE = "UPDATE organization_members SET role = 'MEMBER' WHERE organization_id = $1 AND user_id = $2"


@pytest.mark.parametrize("mutation", WRITES)
async def test_cost(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> None:
    for _ in range(2):  # with the first, the driver asks about types
        tenant = await make_tenant(superuser, members=3, teams=2, documents=3)
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        data = await api.data(document(ACTIONS[mutation].field, tenant), who=tenant.owner)
        assert data[mutation]["userErrors"] == []
    assert len(api.statements) - AROUND == WRITES[mutation]


async def test_an_admin_who_is_demoted_meanwhile_makes_no_key(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data("{ viewer { user { id } } }", who=tenant.owner)
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("SELECT FROM organizations WHERE id = $1 FOR UPDATE", tenant.id)  # as who demotes does
    making = asyncio.create_task(api.ask(CREATE, who=tenant.owner, input=given(tenant)))
    await asyncio.sleep(0.2)
    await superuser.execute(DEMOTE, tenant.id, tenant.users[0])
    await transaction.commit()
    assert [error["extensions"]["code"] for error in (await making)["errors"]] == ["FORBIDDEN"]
    assert await superuser.fetchval("SELECT count(*) FROM api_keys WHERE organization_id = $1", tenant.id) == 1


async def test_a_key_that_is_rotated_and_revoked_at_once_ends(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    for _ in range(5):
        key_id, key = await make_key(api, tenant)
        ends = (ROTATE, REVOKE)
        answers = await asyncio.gather(*(api.data(end, who=tenant.owner, id=key_id) for end in ends))
        for secret in filter(None, (key, answers[0]["rotateApiKey"]["secret"])):
            assert "has been revoked" in await refusal(api, secret)


async def test_of_two_rotations_at_once_both_secrets_work(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """The second takes the first's secret for the one before it."""
    tenant = await make_tenant(superuser)
    key_id, _ = await make_key(api, tenant)
    answers = await asyncio.gather(*(api.data(ROTATE, who=tenant.owner, id=key_id) for _ in range(2)))
    secrets = [answer["rotateApiKey"]["secret"] for answer in answers]
    assert len(set(secrets)) == 2
    for secret in secrets:
        assert (await ask(api, secret))["data"]["viewer"]["apiKey"]["id"] == key_id
    times = await superuser.fetchval("SELECT count(*) FROM events WHERE subject_id = $1", UUID(key_id))
    assert times == 3
