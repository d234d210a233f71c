"""Somebody is erased while an export that has them is taken back: no membership is left to nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.importer.connection import PersonErased
from tests.api import Api
from tests.erasing import erase
from tests.export_files.exporting import taken_back
from tests.export_files.exports import ANN, BOB, OTHER, member, organization, team, write
from tests.factories import Tenant, make_tenant
from tests.importer.importing import Importer, unique
from tests.locks import until_waiting
from tests.users.test_erase import second_of

MEMBERS = """
SELECT users.id, users.email, organization_members.deleted_at IS NULL AS lives FROM organization_members
JOIN users ON users.id = user_id JOIN organizations ON organizations.id = organization_id WHERE slug = $1
"""


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, members=2)


@asynccontextmanager
async def held(superuser: "asyncpg.Connection[Any]", statement: str, *arguments: Any) -> AsyncIterator[None]:
    """The lock of a statement, until the block ends."""
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute(statement, *arguments)
    try:
        yield
    finally:
        await transaction.rollback()


def exported(folder: Path, tenant: Tenant) -> Path:
    """A file with the tenant's two people."""
    people = member(person=ANN, email=tenant.owner), member(id=OTHER, person=BOB, email=second_of(tenant))
    return write(folder / "export", organization(), *people, team())


async def members_of(superuser: "asyncpg.Connection[Any]", slug: str) -> dict[UUID, tuple[str | None, bool]]:
    return {row["id"]: (row["email"], row["lives"]) for row in await superuser.fetch(MEMBERS, slug)}


TURN = "SELECT pg_advisory_xact_lock(hashtextextended('trellis import ' || id, 0)) FROM users WHERE email = $1"


async def test_who_was_erased_since_the_accounts_were_made_comes_as_somebody_new(
    importer: Importer, superuser: "asyncpg.Connection[Any]", api: Api, tenant: Tenant, tmp_path: Path
) -> None:
    slug, second = unique("acme"), second_of(tenant)
    async with held(superuser, TURN, tenant.owner):
        taking = asyncio.create_task(taken_back(importer.url, exported(tmp_path, tenant), slug, tenant.owner))
        await until_waiting(superuser)
        assert (await erase(api, second, tenant.users[1]))["userErrors"] == []

    await taking

    found = await members_of(superuser, slug)
    assert set(found.values()) == {(tenant.owner, True), (second, True)}
    assert tenant.users[1] not in found


async def test_whoever_erases_them_while_it_is_written_waits_and_finds_them_there(
    importer: Importer, superuser: "asyncpg.Connection[Any]", api: Api, tenant: Tenant, tmp_path: Path
) -> None:
    slug = unique("acme")
    async with held(superuser, "LOCK TABLE organization_members IN SHARE MODE"):
        taking = asyncio.create_task(taken_back(importer.url, exported(tmp_path, tenant), slug, tenant.owner))
        await until_waiting(superuser)
        erasing = asyncio.create_task(erase(api, second_of(tenant), tenant.users[1]))
        await until_waiting(superuser, 2)

    await taking

    assert (await erasing)["userErrors"] == []
    assert set((await members_of(superuser, slug)).values()) == {(tenant.owner, True), (None, False)}


async def test_on_behalf_of_nobody_nothing_is_imported(
    importer: Importer, superuser: "asyncpg.Connection[Any]", api: Api, tenant: Tenant, tmp_path: Path
) -> None:
    slug, second = unique("acme"), second_of(tenant)
    async with held(superuser, TURN, second):
        taking = asyncio.create_task(taken_back(importer.url, exported(tmp_path, tenant), slug, second))
        await until_waiting(superuser)
        assert (await erase(api, second, tenant.users[1]))["userErrors"] == []

    with pytest.raises(PersonErased, match=r"^The person was erased at this moment: run the same command again$"):
        await taking

    assert await members_of(superuser, slug) == {}
