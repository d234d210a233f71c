"""Looking into the trash, and before deleting."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from app.organizations.loaders import ORGANIZATIONS
from app.trash.cascade import owned_under
from app.trash.loaders import KINDS
from tests.api import Api
from tests.factories import make_tenant
from tests.trash.documents import DELETE_TASK, NONE, PREVIEW, TRASH


async def test_the_newest_deletion_comes_first_page_by_page(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=3)
    for task in tenant.tasks:
        await api.data(DELETE_TASK, who=tenant.owner, id=str(task))

    page = (await api.data(TRASH, who=tenant.owner, slug=tenant.slug, first=2))["organization"]["trash"]
    after = page["pageInfo"]["endCursor"]
    rest = (await api.data(TRASH, who=tenant.owner, slug=tenant.slug, after=after))["organization"]["trash"]

    subjects = [node["subject"]["id"] for node in page["nodes"] + rest["nodes"]]
    assert subjects == [str(task) for task in reversed(tenant.tasks)]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (3, True, False)


async def test_the_preview_counts_what_lives(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=2)
    await api.data(DELETE_TASK, who=tenant.owner, id=str(tenant.tasks[0]))

    of_team = await api.data(PREVIEW, who=tenant.owner, id=str(tenant.teams[0]))
    of_all = await api.data(PREVIEW, who=tenant.owner, id=str(tenant.id))

    assert of_team == {"deletionPreview": {**NONE, "teams": 1, "teamMembers": 2, "tasks": 3}}
    assert of_all == {"deletionPreview": {**NONE, "organizations": 1, "teams": 2, "teamMembers": 4, "tasks": 7}}


@pytest.mark.parametrize("what", ["absent", "foreign", "deleted", "a person"])
async def test_there_is_no_preview_of_what_cannot_be_deleted(
    api: Api, superuser: "asyncpg.Connection[Any]", what: str
) -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await api.data(DELETE_TASK, who=tenant.owner, id=str(tenant.tasks[0]))
    ids = {"absent": new_id(), "foreign": other.teams[0], "deleted": tenant.tasks[0], "a person": tenant.users[0]}

    assert await api.data(PREVIEW, who=tenant.owner, id=str(ids[what])) == {"deletionPreview": None}


def test_all_that_can_be_deleted_is_counted() -> None:
    under = {edge.child.name for edge in owned_under(ORGANIZATIONS.table)}
    assert under == {"teams", "team_members", "tasks", "documents"}
    assert under | {"organizations", "organization_members"} <= set(KINDS)
