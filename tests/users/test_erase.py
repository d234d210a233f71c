"""Erasing people: what is known of them goes, what they did stays."""

from typing import Any

import asyncpg

from app.db.columns import new_id
from app.purging.purge_job import purge_due
from tests.api import Api
from tests.db.test_identity import JOIN
from tests.erasing import ERASE, erase, preview, refused
from tests.factories import Tenant, make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

NOBODY = {"id": "00000000-0000-7000-8000-000000000000", "name": "Deleted user", "email": None, "isErased": True}
WORK = """query ($organization: ID!) { organization(by: {id: $organization}) {
    tasks { nodes { title creator { id name email isErased } assignee { user { id name email isErased } } } }
    members(deleted: ONLY) { nodes { id user { id name email isErased } } }
    trash { totalCount } apiKeys { nodes { revokedAt createdBy { name } } }
    events(first: 1) { nodes { type subjectType subjectId subject { id } actor { name } changes { field } } }
} }"""
KNOWN = "SELECT subject, email, owns_email, name, avatar_url, claims_issued_at FROM users WHERE id = $1"
NAME = "query ($id: ID!) { node(id: $id) { ... on User { name } } }"


def second_of(tenant: Tenant) -> str:
    return tenant.owner.replace("person1", "person2")


async def worker(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """A tenant whose second person has made their task."""
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE tasks SET creator_id = $1 WHERE id = $2", tenant.users[1], tenant.tasks[1])
    return tenant


async def shown(api: Api, tenant: Tenant, who: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(WORK, who=who or tenant.owner, organization=str(tenant.id)))["organization"]
    return found


async def test_of_who_erases_themselves_nothing_is_known_and_their_work_stays(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await worker(superuser)
    user = tenant.users[1]

    assert await erase(api, second_of(tenant), user) == {"erasedId": str(user), "userErrors": []}

    found = await shown(api, tenant)
    task = {"title": "Task 2", "creator": NOBODY, "assignee": {"user": NOBODY}}
    assert found["tasks"]["nodes"][0] == task
    assert found["members"]["nodes"] == [{"id": str(tenant.members[1]), "user": NOBODY}]
    assert found["trash"] == {"totalCount": 0}
    assert found["events"]["nodes"] == [
        {
            "type": "PURGED",
            "subjectType": "User",
            "subjectId": str(user),
            "subject": None,
            "actor": {"name": "Deleted user"},
            "changes": [],
        }
    ]
    assert await superuser.fetchrow(KNOWN, user) == (None, None, False, "Deleted user", None, None)
    assert await api.data(NAME, who=tenant.owner, id=str(user)) == {"node": None}


async def test_the_next_purge_takes_the_membership_and_frees_the_tasks(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await worker(superuser)
    await erase(api, second_of(tenant), tenant.users[1])

    await purge_due(api.database)

    found = await shown(api, tenant)
    assert found["tasks"]["nodes"][0] == {"title": "Task 2", "creator": NOBODY, "assignee": None}
    assert found["members"]["nodes"] == []
    assert [(one["type"], one["subject_type"], one["actor_id"]) for one in await events_of(superuser, tenant)] == [
        ("DELETED", "OrganizationMember", tenant.users[1]),
        ("PURGED", "User", tenant.users[1]),
        ("UPDATED", "Task", None),
        ("PURGED", "OrganizationMember", None),
    ]


async def test_no_search_finds_their_tasks_by_their_name(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await superuser.execute("UPDATE users SET name = 'Wilhelmina' WHERE id = $1", tenant.users[1])
    search = """query ($in: ID!) { searchTasks(organizationId: $in, query: "wilhelmina", mode: FUZZY) {
        nodes { title } } }"""
    found = await api.data(search, who=tenant.owner, **{"in": str(tenant.id)})
    assert found["searchTasks"]["nodes"] == [{"title": "Task 2"}]
    await erase(api, second_of(tenant), tenant.users[1])
    found = await api.data(search, who=tenant.owner, **{"in": str(tenant.id)})
    assert found["searchTasks"]["nodes"] == []


async def test_nobody_brings_an_erased_member_back(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Neither one who was a member until then, nor one who had been removed before."""
    tenant = await make_tenant(superuser, members=3)
    remove = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletion { id } } }"
    removed = await api.data(remove, who=tenant.owner, id=str(tenant.members[2]))
    for place, who in ((1, second_of(tenant)), (2, tenant.owner.replace("person1", "person3"))):
        await erase(api, who, tenant.users[place])
        restore = f'mutation {{ restoreOrganizationMember(id: "{tenant.members[place]}") {{ userErrors {{ code }} }} }}'
        async with unchanged(superuser, tenant):
            error = await api.error(restore, who=tenant.owner)
        assert error["extensions"]["code"] == "NOT_FOUND"
    deletion = removed["removeOrganizationMember"]["deletion"]["id"]
    error = await api.error(
        f'mutation {{ restoreDeletion(id: "{deletion}") {{ userErrors {{ code }} }} }}', who=tenant.owner
    )
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert [one["user"] for one in (await shown(api, tenant))["members"]["nodes"]] == [NOBODY] * 2


async def test_who_signs_in_again_is_somebody_new(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """The server that remembers who they were says so once, and has forgotten them then."""
    tenant = await make_tenant(superuser, members=2)
    viewer = "{ viewer { user { id email } organizations { totalCount } invitations { id } } }"
    who = second_of(tenant)
    await erase(api, who, tenant.users[1])

    response = await api.send(viewer, who=who)
    assert (response.status_code, response.json()["errors"][0]["message"]) == (
        401,
        "This account has been erased: whoever signs in again gets a new one.",
    )
    found = (await api.data(viewer, who=who))["viewer"]
    assert (found["user"]["email"], found["organizations"], found["invitations"]) == (who, {"totalCount": 0}, [])
    assert found["user"]["id"] != str(tenant.users[1])


async def test_who_is_in_no_organization_is_erased_too(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    who = f"{new_id().hex}@example.com"
    viewer = "{ viewer { user { id } } }"
    user = (await api.data(viewer, who=who))["viewer"]["user"]["id"]
    await erase(api, who, user)
    assert (await api.send(viewer, who=who)).status_code == 401
    assert (await api.data(viewer, who=who))["viewer"]["user"]["id"] != user
    assert await superuser.fetchrow(KNOWN, user) == (None, None, False, "Deleted user", None, None)


async def test_after_their_erasure_nothing_more_is_done_in_their_name(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    slug = f"a-{new_id().hex[:20]}"
    more = f"""made: createOrganization(input: {{name: "A", slug: "{slug}"}}) {{ userErrors {{ code }} }}
        named: updateProfile(input: {{name: "A"}}) {{ userErrors {{ code }} }}
        task: createTask(input: {{teamId: "{tenant.teams[0]}", title: "A"}}) {{ userErrors {{ code }} }} }}"""
    document = ERASE.removesuffix("}") + more
    body = await api.ask(document, who=second_of(tenant), id=str(tenant.users[1]))

    assert body["data"]["eraseUser"]["erasedId"] == str(tenant.users[1])
    assert [body["data"][name] for name in ("made", "named")] == [None, None]
    assert {error["extensions"]["code"] for error in body["errors"]} <= {"UNAUTHENTICATED", "NOT_FOUND"}
    assert await superuser.fetchval("SELECT count(*) FROM organizations WHERE slug = $1", slug) == 0
    assert await superuser.fetchrow(KNOWN, tenant.users[1]) == (None, None, False, "Deleted user", None, None)


async def test_what_was_done_before_in_the_same_request_is_in_the_log(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=2)
    task = f'task: createTask(input: {{teamId: "{tenant.teams[0]}", title: "Last"}}) {{ userErrors {{ code }} }}'
    data = await api.data(
        ERASE.replace("eraseUser", f"{task} eraseUser", 1), who=second_of(tenant), id=str(tenant.users[1])
    )
    assert data["task"] == {"userErrors": []}
    assert [one["type"] for one in await events_of(superuser, tenant)] == ["CREATED", "DELETED", "PURGED"]


async def test_api_keys_that_they_made_end(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser, members=2), await make_tenant(superuser)
    await superuser.execute("UPDATE organization_members SET role = 'OWNER' WHERE id = $1", tenant.members[1])
    await erase(api, tenant.owner, tenant.users[0])
    (key,) = (await shown(api, tenant, second_of(tenant)))["apiKeys"]["nodes"]
    assert key.pop("revokedAt") is not None
    assert key == {"createdBy": {"name": "Deleted user"}}
    assert (await shown(api, other))["apiKeys"]["nodes"][0]["revokedAt"] is None
    (ended,) = [one for one in await events_of(superuser, tenant) if one["subject_type"] == "ApiKey"]
    assert (ended["subject_id"], list(ended["changes"])) == (tenant.api_keys[0], ["revoked_at"])


async def test_an_organization_keeps_an_owner(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser, members=2), await make_tenant(superuser)
    await superuser.execute(JOIN, other.id, new_id(), tenant.users[0], "OWNER")
    async with unchanged(superuser, tenant, other):
        payload = await erase(api, tenant.owner, tenant.users[0])
    message = f"{tenant.slug} ({tenant.slug}) has no other owner: make somebody else one first, or delete it."
    assert payload == {
        "erasedId": None,
        "userErrors": [{"code": "LAST_OWNER", "message": message, "path": ["id"]}],
    }
    assert (await preview(api, tenant.owner, tenant.users[0]))["lastOwnerOf"] == [{"slug": tenant.slug}]
    assert (await erase(api, tenant.owner, tenant.users[0], tenant))["userErrors"][0]["code"] == "LAST_OWNER"

    await api.data(f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletedIds }} }}', who=tenant.owner)

    assert (await preview(api, tenant.owner, tenant.users[0]))["lastOwnerOf"] == []
    assert (await erase(api, tenant.owner, tenant.users[0]))["erasedId"] == str(tenant.users[0])


async def test_the_preview_counts_what_goes(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=3)
    who, user = second_of(tenant), tenant.users[1]
    await api.data('mutation { updateProfile(input: {name: "Ada"}) { userErrors { code } } }', who=who)
    await superuser.execute("UPDATE api_keys SET created_by = $1 WHERE organization_id = $2", user, tenant.id)
    await superuser.execute("UPDATE invitations SET email = $1 WHERE organization_id = $2", who, tenant.id)
    counts = {
        "organizationMembers": 1,
        "teamMembers": 2,
        "tasks": 6,
        "invitations": 1,
        "events": 1,
        "apiKeys": 1,
        "lastOwnerOf": [],
    }
    async with unchanged(superuser, tenant):
        assert await preview(api, who, user) == counts
        assert await preview(api, tenant.owner, user, tenant) == counts

    await erase(api, who, user)

    types = [(one["type"], one["subject_type"]) for one in await events_of(superuser, tenant)]
    assert types == [
        ("UPDATED", "User"),
        ("PURGED", "Invitation"),
        ("UPDATED", "ApiKey"),
        ("DELETED", "OrganizationMember"),
        ("PURGED", "User"),
    ]


async def test_others_neither_erase_anybody_nor_look_what_it_would_take(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, stranger = await make_tenant(superuser, members=3), await make_tenant(superuser)
    await superuser.execute("UPDATE organization_members SET role = 'ADMIN' WHERE id = $1", tenant.members[1])
    themselves = (
        "Only they themselves erase all that is known of them: name the `organizationId` of an organization that you "
        "own, to erase them there."
    )
    absent = ("NOT_FOUND", "There is no such user.")
    user, admin = tenant.users[2], second_of(tenant)
    async with unchanged(superuser, tenant, stranger):
        assert await refused(api, tenant.owner, user) == ("FORBIDDEN", themselves)
        assert await refused(api, admin, user, tenant) == (
            "FORBIDDEN",
            "Only the organization's owners erase people in it.",
        )
        for someone, within in ((user, None), (user, tenant), (user, stranger), (new_id(), None), (new_id(), tenant)):
            assert await refused(api, stranger.owner, someone, within) == absent
            assert await preview(api, stranger.owner, someone, within) is None
        assert await refused(api, tenant.owner, new_id(), tenant) == absent
        assert await refused(api, tenant.owner, new_id()) == absent
        error = await api.error(ERASE, who=None, id=str(user))
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
