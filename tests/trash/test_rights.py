"""Who may restore and purge is what they are, and what was deleted is, when they do it: not when they asked."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.api_keys.documents import make_key
from tests.factories import Tenant, make_tenant
from tests.locks import until_waiting
from tests.members.roles import give_role
from tests.trash.documents import DELETE_TASK, PURGE_DELETION, REMOVE_MEMBER, RESTORE_DELETION
from tests.unchanged import unchanged

FIELDS = {"restoreDeletion": RESTORE_DELETION, "purgeDeletion": PURGE_DELETION}
HOLD_ORGANIZATION = "SELECT FROM organizations WHERE id = $1 FOR UPDATE"  # as who changes a member does
HOLD_DELETION = "SELECT FROM deletions WHERE id = $1 FOR UPDATE"
GIVE = "UPDATE organization_members SET role = $1 WHERE id = $2"
LEAVE = "UPDATE organization_members SET deleted_at = now() WHERE id = $1"


async def delete(api: Api, tenant: Tenant, document: str, subject: object) -> str:
    (payload,) = (await api.data(document, who=tenant.owner, id=str(subject))).values()
    return str(payload["deletion"]["id"])


@pytest.mark.parametrize("field", FIELDS)
async def test_who_is_an_admin_no_more_when_it_is_their_turn_is_refused(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant = await make_tenant(superuser, members=3)
    admin = await give_role(superuser, tenant, 2, "ADMIN")
    deletion_id = await delete(api, tenant, REMOVE_MEMBER, tenant.members[2])

    async with superuser.transaction():
        await superuser.execute(HOLD_ORGANIZATION, tenant.id)
        asking = asyncio.create_task(api.error(FIELDS[field], who=admin, id=deletion_id))
        await until_waiting(superuser)
        await superuser.execute(GIVE, "MEMBER", tenant.members[1])
    async with unchanged(superuser, tenant):
        error = await asking

    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert await superuser.fetchval("SELECT deleted_at FROM organization_members WHERE id = $1", tenant.members[2])


@pytest.mark.parametrize("field", FIELDS)
async def test_to_who_has_left_when_it_is_their_turn_there_is_no_such_deletion(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant = await make_tenant(superuser, members=2)
    admin = await give_role(superuser, tenant, 2, "ADMIN")
    deletion_id = await delete(api, tenant, DELETE_TASK, tenant.tasks[0])

    async with superuser.transaction():
        await superuser.execute(HOLD_ORGANIZATION, tenant.id)
        asking = asyncio.create_task(api.error(FIELDS[field], who=admin, id=deletion_id))
        await until_waiting(superuser)
        await superuser.execute(LEAVE, tenant.members[1])
    async with unchanged(superuser, tenant):
        error = await asking

    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "There is no such deletion.")
    assert await superuser.fetchval("SELECT deleted_at FROM tasks WHERE id = $1", tenant.tasks[0])


@pytest.mark.parametrize("field", FIELDS)
async def test_a_key_is_refused_what_has_become_an_owners_before_its_turn(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant = await make_tenant(superuser, members=2)
    deletion_id = await delete(api, tenant, REMOVE_MEMBER, tenant.members[1])
    _, secret = await make_key(api, tenant, "ADMIN")

    async with superuser.transaction():
        await superuser.execute(GIVE, "OWNER", tenant.members[1])
        asking = asyncio.create_task(api.send_with({"X-API-Key": secret}, FIELDS[field], id=deletion_id))
        await until_waiting(superuser)
    async with unchanged(superuser, tenant):
        (error,) = (await asking).json()["errors"]

    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert error["message"] == "An API key neither makes nor removes owners and admins: it takes a person."
    assert await superuser.fetchval("SELECT count(*) FROM organization_members WHERE id = $1", tenant.members[1]) == 1


async def test_what_is_restored_before_its_turn_is_not_purged(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    deletion_id = await delete(api, tenant, DELETE_TASK, tenant.tasks[0])
    _, secret = await make_key(api, tenant, "ADMIN")

    async with superuser.transaction():
        await superuser.execute(HOLD_DELETION, deletion_id)
        restoring = asyncio.create_task(api.data(RESTORE_DELETION, who=tenant.owner, id=deletion_id))
        await until_waiting(superuser, 1)
        purging = asyncio.create_task(api.send_with({"X-API-Key": secret}, PURGE_DELETION, id=deletion_id))
        await until_waiting(superuser, 2)
    restored, purged = await asyncio.gather(restoring, purging)

    assert restored["restoreDeletion"]["restored"]["tasks"] == 1
    (error,) = purged.json()["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "There is no such deletion.")
    assert await superuser.fetchval("SELECT deleted_at IS NULL FROM tasks WHERE id = $1", tenant.tasks[0])
