"""Deleting and restoring an organization, and what is not there to be written."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import make_tenant
from tests.log import events_of
from tests.organizations.documents import CREATE, DELETE, RESTORE
from tests.unchanged import unchanged


async def test_a_deleted_organization_comes_back_as_it_was(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=1)
    variables = {"id": str(tenant.id)}

    deleted = (await api.data(DELETE, who=tenant.owner, **variables))["deleteOrganization"]
    lists = await api.data(
        """{ organizations { totalCount } deleted: organizations(deleted: ONLY) {
            nodes { slug viewerRole teams { totalCount } deletedTeams: teams(deleted: ONLY) { totalCount } }
        } viewer { organizations(deleted: ONLY) { totalCount } } }""",
        who=tenant.owner,
    )
    restored = (await api.data(RESTORE, who=tenant.owner, **variables))["restoreOrganization"]

    counts = {"organizations": 1, "organizationMembers": 0, "teams": 2, "teamMembers": 4, "tasks": 4}
    assert deleted == {"deletedIds": [str(tenant.id)], "deletion": {"counts": counts}, "userErrors": []}
    assert lists == {
        "organizations": {"totalCount": 0},
        "deleted": {
            "nodes": [
                {
                    "slug": tenant.slug,
                    "viewerRole": "OWNER",
                    "teams": {"totalCount": 0},
                    "deletedTeams": {"totalCount": 2},
                }
            ]
        },
        "viewer": {"organizations": {"totalCount": 1}},
    }
    assert restored == {
        "organization": {"slug": tenant.slug, "deletedAt": None, "teams": {"nodes": [{"key": "T1"}, {"key": "T2"}]}},
        "userErrors": [],
    }
    events = await events_of(superuser, tenant)
    assert [(event["type"], event["subject_id"]) for event in events] == [
        ("DELETED", tenant.id),
        ("RESTORED", tenant.id),
    ]


async def test_a_slug_given_away_meanwhile_keeps_an_organization_in_the_trash(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.id))
    await api.data(CREATE, who=tenant.owner, input={"name": "New", "slug": tenant.slug})

    async with unchanged(superuser, tenant):
        data = await api.data(RESTORE, who=tenant.owner, id=str(tenant.id))

    assert data["restoreOrganization"] == {
        "organization": None,
        "userErrors": [
            {
                "code": "TAKEN",
                "message": "Another organization has its slug by now: it can come back when that one has another.",
                "path": ["id"],
            }
        ],
    }


FIELDS = {
    "updateOrganization": 'updateOrganization(id: "ID", input: {name: "A"}) { userErrors { code } }',
    "deleteOrganization": 'deleteOrganization(id: "ID") { userErrors { code } }',
    "restoreOrganization": 'restoreOrganization(id: "ID") { userErrors { code } }',
}


@pytest.mark.parametrize("field", FIELDS)
async def test_to_a_stranger_it_is_as_absent_as_what_never_was(
    api: Api, superuser: "asyncpg.Connection[Any]", field: str
) -> None:
    tenant, stranger = await make_tenant(superuser), await make_tenant(superuser)
    if field == "restoreOrganization":
        await api.data(DELETE, who=tenant.owner, id=str(tenant.id))
    document = f"mutation {{ {FIELDS[field]} }}"

    async with unchanged(superuser, tenant, stranger):
        there = await api.error(document.replace("ID", str(tenant.id)), who=stranger.owner)
        nowhere = await api.error(document.replace("ID", str(new_id())), who=stranger.owner)

    assert there == nowhere
    assert there["extensions"]["code"] == "NOT_FOUND"


async def test_a_deleted_organization_cannot_be_changed(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(DELETE, who=tenant.owner, id=str(tenant.id))
    async with unchanged(superuser, tenant):
        document = f"mutation {{ {FIELDS['updateOrganization'].replace('ID', str(tenant.id))} }}"
        error = await api.error(document, who=tenant.owner)
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "There is no such organization.")


@pytest.mark.parametrize("field", FIELDS)
async def test_nobody_signed_in_is_told_so(api: Api, field: str) -> None:
    error = await api.error(f"mutation {{ {FIELDS[field].replace('ID', str(new_id()))} }}", who=None)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
