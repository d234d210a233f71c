"""`trellis erase`: it says what it takes, asks, and leaves nothing of them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.db.columns import new_id
from tests.conftest import Database
from tests.db.test_identity import JOIN
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.processes import free_port, trellis
from tests.unchanged import unchanged
from tests.users.test_erase import KNOWN, second_of
from tests.users.test_erase_within import FORGOTTEN

TODAY = "SELECT to_char(created_at, 'YYYY-MM-DD') FROM users WHERE id = $1"
CLAIM = """INSERT INTO users (id, subject, email, owns_email, name, created_at, updated_at)
VALUES ($1, $1::uuid::text, $2, false, 'Squatter', now(), now())"""


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Any:
    """Runs `trellis erase` with these arguments; `typed` is what the person at the terminal answers."""
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}
    return lambda *arguments, typed="": trellis(tmp_path, "erase", *arguments, typed=typed, **urls)


async def said_of(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> str:
    day = await superuser.fetchval(TODAY, tenant.users[1])
    return (
        f"Erasing Person 2 ({second_of(tenant)}, here since {day}) takes 1 organization member, 1 team member, "
        "1 task, 0 invitations, 0 events, 0 api keys. This cannot be undone.\n"
    )


DONE = "Erased. Memberships go with the next purge, within the hour, or by `trellis purge`.\n"


async def test_it_says_what_it_takes_and_asks(run: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    said = await said_of(superuser, tenant)
    for typed in ("", "n\n"):
        async with unchanged(superuser, tenant):
            refused = run(second_of(tenant), typed=typed)
        assert refused.returncode == 1
        assert refused.stdout.startswith(f"{said}Erase? [y/N]: ")
        assert "Aborted" in refused.stderr

    done = run(second_of(tenant).upper(), typed="y\n")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{said}Erase? [y/N]: {DONE}", "")
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN
    assert [(one["type"], one["subject_type"], one["actor_id"]) for one in await events_of(superuser, tenant)] == [
        ("DELETED", "OrganizationMember", None),
        ("PURGED", "User", None),
    ]


async def test_it_does_not_ask_where_that_is_said(run: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    said = await said_of(superuser, tenant)
    done = run(second_of(tenant), "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (0, said + DONE, "")
    again = run(second_of(tenant), "--yes")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == (
        "There is nobody of that address or id: look how they spell it, or whether they were erased\n"
    )


async def test_who_never_signed_in_is_erased_too(run: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE users SET subject = NULL WHERE id = $1", tenant.users[1])
    assert run(second_of(tenant), "--yes").returncode == 0
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN


async def test_the_last_owner_is_told_and_nothing_is_done(run: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    other = await make_tenant(superuser)
    await superuser.execute(JOIN, other.id, new_id(), tenant.users[0], "OWNER")
    async with unchanged(superuser, tenant, other):
        refused = run(tenant.owner, "--yes")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"{tenant.slug} ({tenant.slug}) would have no owner: make somebody else one before, by `trellis appoint EMAIL "
        "--organization SLUG`; where nobody is left that may be you, and you can delete it then\n"
    )


async def test_of_several_with_an_address_it_is_whose_it_is(run: Any, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    squatters = [new_id(), new_id()]
    for one in squatters:
        await superuser.execute(CLAIM, one, second_of(tenant))

    assert run(second_of(tenant), "--yes").returncode == 0
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == FORGOTTEN
    refused = run(second_of(tenant), "--yes")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "2 accounts say so and nobody vouches for any: name one by its id: "
        f"{', '.join(str(one) for one in squatters)}\n"
    )
    assert run(str(squatters[0]), "--yes").returncode == 0
    assert await superuser.fetchrow(KNOWN, squatters[0]) == FORGOTTEN
    left: list[UUID] = [squatters[1]]
    assert [await superuser.fetchval("SELECT name FROM users WHERE id = $1", one) for one in left] == ["Squatter"]


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("ada", "this is neither an e-mail address nor an id"),
        ("ada@", "This is no e-mail address."),
    ],
)
def test_what_is_no_address_is_told(run: Any, who: str, why: str) -> None:
    refused = run(who)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert why in " ".join(refused.stderr.replace("│", " ").split())


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://owner:hidden@127.0.0.1:{free_port()}/trellis"
    urls = {"TRELLIS_DATABASE_URL": url.replace("owner", "trellis"), "TRELLIS_DATABASE_OWNER_URL": url}
    refused = trellis(tmp_path, "erase", "ada@example.com", "--yes", **urls)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "hidden" not in refused.stderr
