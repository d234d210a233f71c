"""Exports as owners ask for them: written in the background, one at a time, and no secret kept."""

import gzip
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from app.auth.secrets import hash_of
from tests.api import Api
from tests.conftest import Database
from tests.export_files.exporting import everything, taken_back
from tests.exports.jobs import EXPORT, ask, finished, state
from tests.factories import Tenant, make_tenant


@pytest.fixture
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, members=3, teams=2, tasks=2, documents=2)


async def test_an_owner_gets_a_file_that_an_import_takes_back(
    api: Api, database: Database, tenant: Tenant, tmp_path: Path
) -> None:
    payload = await ask(api, tenant)
    done = await finished(api, tenant, payload["export"]["id"])
    fetched = await api.http.get(f"/{payload['url']}")

    assert payload["export"] | {"status": "PENDING"} == {
        "id": payload["export"]["id"],
        "status": "PENDING",
        "linesWritten": 0,
        "linesExpected": None,
        "size": None,
        "expiresAt": None,
        "requestedBy": {"name": "Person 1"},
    }
    counts = {"organization": 1, "member": 3, "team": 2, "team_member": 6, "task": 12, "document": 2, "event": 1}
    assert {one["type"]: one["lines"] for one in done["counts"]} == counts
    assert (done["status"], done["error"]) == ("COMPLETED", None)
    assert (done["linesWritten"], done["linesExpected"]) == (sum(counts.values()),) * 2
    assert done["size"] == len(fetched.content)
    assert [(one["type"], one["actor"]) for one in done["events"]["nodes"]] == [
        ("UPDATED", None),
        ("CREATED", {"name": "Person 1"}),
    ]

    (tmp_path / "export").write_bytes(fetched.content)
    await taken_back(database.runtime_url, tmp_path / "export", f"{tenant.slug[:40]}-copy", tenant.owner)
    was, is_now = [await everything(api, slug, tenant.owner) for slug in (tenant.slug, f"{tenant.slug[:40]}-copy")]
    assert is_now == was


async def test_while_one_is_under_way_all_get_that_one_with_links_of_their_own(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    await superuser.execute(
        "INSERT INTO exports (organization_id, id, due_at, secret_hashes, created_at, updated_at)"
        " VALUES ($1, gen_random_uuid(), now() + interval '1 day', ARRAY[$2::bytea], now(), now())",
        tenant.id,
        hash_of("nobody knows"),
    )

    asked = [await ask(api, tenant) for _ in range(12)]
    under_way = await superuser.fetchrow(
        "SELECT id, secret_hashes FROM exports WHERE due_at IS NOT NULL AND organization_id = $1", tenant.id
    )

    assert under_way is not None
    assert {payload["export"]["id"] for payload in asked} == {str(under_way["id"])}
    links = [hash_of(payload["url"].removeprefix("exports/")) for payload in asked]
    assert under_way["secret_hashes"] == links[:1:-1]  # the ten newest
    await superuser.execute("DELETE FROM exports WHERE organization_id = $1", tenant.id)


async def test_of_a_link_nothing_is_kept_by_which_it_could_be_told(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    headers = api.headers(tenant.owner) | {"Idempotency-Key": "a key"}

    first, again = [(await api.send_with(headers, EXPORT, id=str(tenant.id))).json()["data"] for _ in range(2)]

    secret = first["exportOrganization"]["url"].rpartition("_")[2]
    assert again == {"exportOrganization": first["exportOrganization"] | {"url": None}}
    for table in ("exports", "idempotency_keys", "events"):
        column = "actor_id" if table == "idempotency_keys" else "organization_id"
        owner = tenant.users[0] if table == "idempotency_keys" else tenant.id
        rows = await superuser.fetch(f"SELECT t::text FROM {table} AS t WHERE {column} = $1", owner)
        assert [row for (row,) in rows if secret in row or secret.encode().hex() in row] == []
    await finished(api, tenant, first["exportOrganization"]["export"]["id"])


async def test_a_new_one_takes_the_place_of_the_one_before(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    payloads = []
    for _ in range(2):
        payloads.append(await ask(api, tenant))
        await finished(api, tenant, payloads[-1]["export"]["id"])

    statuses = [(await api.http.get(f"/{payload['url']}")).status_code for payload in payloads]
    shown = await api.data(
        "query ($id: ID!) { organization(by: {id: $id}) { export { id } } }", who=tenant.owner, id=str(tenant.id)
    )

    assert statuses == [404, 200]
    assert shown == {"organization": {"export": {"id": payloads[1]["export"]["id"]}}}
    assert await superuser.fetchval("SELECT count(*) FROM exports WHERE organization_id = $1", tenant.id) == 1


@pytest.mark.parametrize(("person", "role"), [("person2", "MEMBER"), ("person2", "ADMIN")])
async def test_who_is_no_owner_is_told_so_and_sees_that_there_is_one(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]", person: str, role: str
) -> None:
    await superuser.execute("UPDATE organization_members SET role = $2 WHERE id = $1", tenant.members[1], role)
    who = tenant.owner.replace("person1", person)

    error = await api.error(EXPORT, who=who, id=str(tenant.id))
    shown = await api.data(
        "query ($id: ID!) { organization(by: {id: $id}) { export { status } viewerPermissions } }",
        who=who,
        id=str(tenant.id),
    )

    assert (error["extensions"]["code"], error["message"]) == (
        "FORBIDDEN",
        "Only the organization's owners export it.",
    )
    assert shown["organization"]["export"] == {"status": "COMPLETED"}
    assert "EXPORT" not in shown["organization"]["viewerPermissions"]
    assert await superuser.fetchval("SELECT count(*) FROM exports WHERE organization_id = $1", tenant.id) == 1


async def test_of_an_organization_that_is_deleted_meanwhile_nothing_is_written(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    """Its owners restore it and hear why."""
    both = "exportOrganization(id: $id) { export { id } } deleteOrganization(id: $id) { deletedIds }"
    delete = f"mutation ($id: ID!) {{ {both} }}"
    restore = "mutation ($id: ID!) { restoreOrganization(id: $id) { userErrors { code } } }"
    data = await api.data(delete, who=tenant.owner, id=str(tenant.id))
    export_id = data["exportOrganization"]["export"]["id"]
    await finished(api, tenant, export_id)
    await api.data(restore, who=tenant.owner, id=str(tenant.id))

    done = await state(api, tenant, export_id)

    assert (done["status"], done["error"]) == ("FAILED", "The organization was deleted before it was written.")
    assert await superuser.fetchval("SELECT count(*) FROM export_chunks WHERE export_id = $1", UUID(export_id)) == 0


async def test_after_its_time_it_has_expired(api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]") -> None:
    payload = await ask(api, tenant)
    export_id = payload["export"]["id"]
    done = await finished(api, tenant, export_id)
    await superuser.execute("UPDATE exports SET expires_at = now() WHERE id = $1", UUID(export_id))

    assert done["expiresAt"] > "2026"
    assert (await state(api, tenant, export_id))["status"] == "EXPIRED"
    assert (await api.http.get(f"/{payload['url']}")).status_code == 404
    query = "query ($id: ID!) { organization(by: {id: $id}) { export { id } } }"
    assert (await api.data(query, who=tenant.owner, id=str(tenant.id)))["organization"]["export"] is None


async def test_what_it_holds_is_as_of_one_moment(
    api: Api, tenant: Tenant, superuser: "asyncpg.Connection[Any]"
) -> None:
    payload = await ask(api, tenant)
    await finished(api, tenant, payload["export"]["id"])
    await superuser.execute("UPDATE tasks SET title = 'Later' WHERE organization_id = $1", tenant.id)

    text = gzip.decompress((await api.http.get(f"/{payload['url']}")).content)

    assert b"Later" not in text
    assert [orjson.loads(line)["type"] for line in text.splitlines()][::1000] == ["export"]
