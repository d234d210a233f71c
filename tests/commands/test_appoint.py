"""`trellis appoint`: whoever runs the server gives an organization an owner, where its own cannot."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.commands.test_erase import CLAIM, TODAY
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.processes import trellis
from tests.unchanged import unchanged
from tests.users.test_erase import KNOWN, second_of
from tests.users.test_erase_within import FORGOTTEN

ROLES = """SELECT user_id, role, deleted_at IS NULL FROM organization_members
WHERE organization_id = $1 ORDER BY created_at, id"""
REMOVE = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { userErrors { code } } }"


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Any:
    """Runs a command with these arguments."""
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}
    return lambda *arguments: trellis(tmp_path, *arguments, **urls)


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, members=2)


async def roles(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await superuser.fetch(ROLES, tenant.id)]


async def happened(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> list[tuple[Any, ...]]:
    """The events that nobody is named for, with the role that each says."""
    return [
        (one["type"], one["subject_type"], one["changes"].get("role"))
        for one in await events_of(superuser, tenant)
        if one["actor_id"] is None
    ]


PROMOTED = ("UPDATED", "OrganizationMember", ["MEMBER", "OWNER"])


async def test_a_member_becomes_an_owner(run: Any, superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> None:
    day = await superuser.fetchval(TODAY, tenant.users[1])

    done = run("appoint", second_of(tenant).upper(), "--organization", tenant.slug)
    again = run("appoint", str(tenant.users[1]), "--organization", tenant.slug)

    known = f"Person 2 ({second_of(tenant)}, here since {day})"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{known} is an owner of {tenant.slug} now.\n", "")
    assert (again.returncode, again.stdout) == (0, f"{known} is an owner of {tenant.slug} already.\n")
    assert await roles(superuser, tenant) == [(one, "OWNER", True) for one in tenant.users]
    assert await happened(superuser, tenant) == [PROMOTED]


async def test_then_an_owner_who_cannot_sign_in_any_more_is_erased(
    run: Any, superuser: "asyncpg.Connection[Any]", tenant: Tenant
) -> None:
    refused = run("erase", tenant.owner, "--yes")
    run("appoint", second_of(tenant), "--organization", tenant.slug)
    done = run("erase", tenant.owner, "--yes")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "`trellis appoint EMAIL --organization SLUG`" in refused.stderr
    assert (done.returncode, done.stderr) == (0, "")
    assert await superuser.fetchrow(KNOWN, tenant.users[0]) == FORGOTTEN


async def test_whoever_is_no_member_comes_in_and_can_delete_it(
    run: Any, superuser: "asyncpg.Connection[Any]", api: Api, tenant: Tenant
) -> None:
    operator = await make_tenant(superuser)

    assert run("appoint", operator.owner, "--organization", tenant.slug).returncode == 0

    assert (await roles(superuser, tenant))[2] == (operator.users[0], "OWNER", True)
    made = ("CREATED", "OrganizationMember", [None, "MEMBER"])
    assert await happened(superuser, tenant) == [made, PROMOTED]
    delete = "mutation ($id: ID!) { deleteOrganization(id: $id) { userErrors { code } } }"
    assert await api.data(delete, who=operator.owner, id=str(tenant.id)) == {"deleteOrganization": {"userErrors": []}}


async def test_who_has_left_comes_back_as_the_member_they_were(
    run: Any, superuser: "asyncpg.Connection[Any]", api: Api, tenant: Tenant
) -> None:
    await api.data(REMOVE, who=tenant.owner, id=str(tenant.members[1]))

    assert run("appoint", second_of(tenant), "--organization", tenant.slug).returncode == 0

    assert await roles(superuser, tenant) == [(one, "OWNER", True) for one in tenant.users]
    assert await happened(superuser, tenant) == [("RESTORED", "OrganizationMember", None), PROMOTED]
    seats = "SELECT count(*) FROM team_members WHERE organization_member_id = $1 AND deleted_at IS NULL"
    assert await superuser.fetchval(seats, tenant.members[1]) == 1


async def test_whose_address_nobody_vouches_for_is_nobody(
    run: Any, superuser: "asyncpg.Connection[Any]", tenant: Tenant
) -> None:
    """Anybody may have typed it; by their id they are meant."""
    squatter, address = new_id(), f"boss@{tenant.slug}.example.com"
    await superuser.execute(CLAIM, squatter, address)

    async with unchanged(superuser, tenant):
        refused = run("appoint", address, "--organization", tenant.slug)
    meant = run("appoint", str(squatter), "--organization", tenant.slug)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Squatter ({address}, here since ")
    assert refused.stderr.endswith(
        "says so and nobody vouches for it: ask them for the id that `viewer` tells them, and name them by it if it "
        f"is {squatter}\n"
    )
    assert (meant.returncode, meant.stderr) == (0, "")


@pytest.mark.parametrize(
    ("who", "slug", "why"),
    [
        (None, "nothing", "There is no organization with the slug nothing: look whether it is in the trash\n"),
        ("nobody@example.com", None, "There is nobody of that address or id: look how they spell it, or whether they "),
    ],
)
async def test_of_what_is_not_there_it_is_one_line(
    run: Any, superuser: "asyncpg.Connection[Any]", tenant: Tenant, who: str | None, slug: str | None, why: str
) -> None:
    async with unchanged(superuser, tenant):
        refused = run("appoint", who or second_of(tenant), "--organization", slug or tenant.slug)

    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.startswith(why)


async def test_a_deleted_organization_has_to_be_restored_first(
    run: Any, superuser: "asyncpg.Connection[Any]", tenant: Tenant
) -> None:
    await superuser.execute("UPDATE organizations SET deleted_at = now() WHERE id = $1", tenant.id)

    async with unchanged(superuser, tenant):
        refused = run("appoint", second_of(tenant), "--organization", tenant.slug)

    assert (refused.returncode, refused.stdout) == (1, "")
