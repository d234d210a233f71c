"""How much is kept of what was answered, and to whom it is shown again."""

from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from app.idempotency import replay
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.idempotency.sending import TASKS, error_of, send
from tests.organizations.documents import CREATE, new_slug
from tests.unchanged import unchanged

NOT_KEPT = "This request was carried out, and its answer is not kept: look at what it did."
OTHER_ROLES = "This request was carried out before your roles changed: look at what it did."
KEPT = "SELECT key, length(body) AS size FROM idempotency_keys WHERE actor_id = $1 AND body IS NOT NULL ORDER BY 1"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of each caller 2,000 bytes are kept."""
    monkeypatch.setattr(replay, "MOST_KEPT", 2_000)
    keep: Any = replay._keep
    keep.cache_clear()
    yield
    keep.cache_clear()


async def create(api: Api, tenant: Tenant, key: str, title: str = "New", *, who: str | None = None) -> Any:
    return await send(api, who or tenant.owner, key=key, team=str(tenant.teams[0]), title=title)


async def test_an_answer_that_is_too_large_is_not_kept_and_nothing_is_done_twice(
    api: Api, superuser: "asyncpg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "LARGEST_KEPT", 100)
    tenant = await make_tenant(superuser)
    first = await create(api, tenant, "key")
    async with unchanged(superuser, tenant):
        second = await create(api, tenant, "key")

    assert first.json()["data"]["createTask"]["task"]["key"] == "T1-2"
    assert second.status_code == 409
    assert error_of(second) == {"message": NOT_KEPT, "extensions": {"code": "ALREADY_DONE"}}
    assert "idempotency-replayed" not in second.headers


@pytest.mark.usefixtures("small")
async def test_of_a_callers_answers_the_newest_are_kept(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, neighbour = await make_tenant(superuser), await make_tenant(superuser)
    theirs = await create(api, neighbour, "a")
    size = len(theirs.content)
    for place in range(20):
        await create(api, tenant, f"{place:02}")
    most = 2_000 // size + 1  # the last one goes when it is behind as a whole

    kept = [row["key"] for row in await superuser.fetch(KEPT, tenant.users[0])]
    assert kept == [f"{place:02}" for place in range(20 - most, 20)]
    async with unchanged(superuser, tenant):
        forgotten, remembered = await create(api, tenant, "00"), await create(api, tenant, "19")
    assert error_of(forgotten) == {"message": NOT_KEPT, "extensions": {"code": "ALREADY_DONE"}}
    assert remembered.headers["idempotency-replayed"] == "true"
    assert (await create(api, neighbour, "a")).content == theirs.content
    assert await superuser.fetchval(TASKS, tenant.id) == 21


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE organization_members SET deleted_at = now() WHERE id = $1",
        "UPDATE organization_members SET role = 'ADMIN' WHERE id = $1",
    ],
    ids=["left", "of another role"],
)
async def test_an_answer_is_not_shown_to_who_is_something_else_now(
    api: Api, superuser: "asyncpg.Connection[Any]", change: str
) -> None:
    tenant = await make_tenant(superuser, members=2)
    member = tenant.owner.replace("person1", "person2")
    first = await create(api, tenant, "key", who=member)
    assert first.json()["data"]["createTask"]["task"]["key"] == "T1-3"
    await superuser.execute(change, tenant.members[1])
    async with unchanged(superuser, tenant):
        second = await create(api, tenant, "key", who=member)

    assert second.status_code == 409
    assert error_of(second) == {"message": OTHER_ROLES, "extensions": {"code": "ALREADY_DONE"}}
    assert "data" not in second.json()


async def test_who_makes_an_organization_is_shown_the_answer_again(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    """Their roles change by what they do."""
    tenant = await make_tenant(superuser)
    variables: dict[str, Any] = {"input": {"name": "Another", "slug": new_slug()}}

    first, second = [await send(api, tenant.owner, CREATE, **variables) for _ in range(2)]

    assert first.json()["data"]["createOrganization"]["organization"]["name"] == "Another"
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"


async def test_what_is_kept_counts_on_after_answers_have_gone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await create(api, tenant, "a")
    await superuser.execute("DELETE FROM idempotency_keys WHERE actor_id = $1", tenant.users[0])
    size = len((await create(api, tenant, "b")).content)

    assert [(row["key"], row["size"]) for row in await superuser.fetch(KEPT, tenant.users[0])] == [("b", size)]
