"""A stranger's token finds nothing of a tenant, and is told the same as if the tenant had never been."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLEnumType

from tests.api import Api, serving
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.probes import Victim, differences, make_victim, shown
from tests.walk import ids_of, inputs, query
from tests.walls import settings


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """The application without its limits, which would refuse the widest questions before any wall is asked."""
    async with serving(settings(database.runtime_url)) as serves:
        yield serves


@pytest.fixture
async def victim(superuser: "asyncpg.Connection[Any]") -> Victim:
    return await make_victim(superuser)


@pytest.fixture
async def stranger(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_tenant(superuser, members=2, teams=2, tasks=2, documents=2)


async def test_a_thing_of_others_is_as_absent_as_what_never_was(api: Api, victim: Victim, stranger: Tenant) -> None:
    # A filter is the same wherever it is taken, so each is tried in one of its places.
    tried = {
        (one.argument == "filter" or one.field, str(one.definition.args[one.argument].type), one.path): one
        for one in inputs()
    }
    assert await differences(api, stranger.owner, stranger, victim, tried.values()) == []


async def test_its_own_member_finds_what_the_stranger_does_not(api: Api, victim: Victim) -> None:
    finding = {
        "Query.node.id",
        "Query.nodes.ids",
        "Query.organization.by.id",
        "Query.organization.by.slug",
        "Query.team.id",
        "Query.task.by.id",
        "Query.document.id",
        "Query.task.by.key.organizationSlug",
        "Organization.tasks.filter.id.eq",
        "Team.tasks.filter.title.contains",
        "Team.tasks.filter.tags.hasAny",
        "Organization.tasks.filter.creator.email.eq",
        "Organization.tasks.filter.assignee.user.email.contains",
        "TeamMember.tasks.filter.team.name.eq",
        "Organization.documents.filter.source.contains",
        "Team.documents.filter.createdBy.email.eq",
    }
    tried = [one for one in inputs() if str(one) in finding]

    found = await differences(api, victim.tenant.owner, victim.tenant, victim, tried)

    assert {one.split(":")[0] for one in found} == finding


async def test_lists_lead_to_nothing_of_others(api: Api, victim: Victim, stranger: Tenant) -> None:
    assert victim.shown_in(await shown(api, victim.tenant.owner))
    assert not victim.shown_in(await shown(api, stranger.owner))


@pytest.mark.parametrize("key", ["T1-1", "t2-2", "OLD-7"])
async def test_a_key_of_others_now_or_before(api: Api, victim: Victim, stranger: Tenant, key: str) -> None:
    document = "query ($key: TaskKey!) { task(by: {key: $key}) { id title } }"
    name = {"organizationSlug": victim.secret, "key": key}

    assert await api.data(document, who=stranger.owner, key=name) == {"task": None}
    assert (await api.data(document, who=victim.tenant.owner, key=name))["task"] is not None


async def test_no_order_brings_up_anything_of_others(api: Api, victim: Victim, stranger: Tenant) -> None:
    orders = [one for one in inputs() if one.argument == "orderBy" and one.path == ("field",)]
    assert len(orders) >= 6
    for one in orders:
        assert isinstance(one.leaf, GraphQLEnumType)
        for name in one.leaf.values:
            answer = await api.send(
                query(one, name, ids_of(stranger), "{ totalCount nodes { id } }"), who=stranger.owner
            )
            assert answer.status_code == 200
            assert "errors" not in answer.text
            assert not victim.shown_in(answer.text)


async def test_a_cursor_of_others_is_only_a_place_in_ones_own_list(api: Api, victim: Victim, stranger: Tenant) -> None:
    """Every cursor of the victim's lists, in every order, put to the stranger's list of that kind, both ways."""
    orders = [one for one in inputs() if one.argument == "orderBy" and one.path == ("field",)]
    tried = 0
    for one in orders:
        assert isinstance(one.leaf, GraphQLEnumType)
        for name in one.leaf.values:
            theirs = await api.send(
                query(one, name, ids_of(victim.tenant), "{ edges { cursor } }"), who=victim.tenant.owner
            )
            for edge in _connection(theirs.json(), one.field)["edges"]:
                for side in ("after", "before"):
                    document = query(
                        one, name, ids_of(stranger), "{ totalCount nodes { id } pageInfo { hasNextPage } }"
                    )
                    document = document.replace("(orderBy", f"({side}: {json.dumps(edge['cursor'])}, orderBy")
                    answer = await api.send(document, who=stranger.owner)
                    assert "errors" not in answer.text
                    assert not victim.shown_in(answer.text)
                    tried += 1
    assert tried > 50


def _connection(body: dict[str, Any], field: str) -> dict[str, Any]:
    (parent,) = body["data"].values()
    connection: dict[str, Any] = parent[field]
    return connection


@pytest.mark.usefixtures("victim")
async def test_counts_are_of_ones_own(api: Api, stranger: Tenant) -> None:
    data = await api.data(
        """{ viewer { organizations { totalCount } teams { totalCount } tasks { totalCount } }
            organizations { totalCount nodes {
            teams(deleted: INCLUDE) { totalCount } members(deleted: INCLUDE) { totalCount }
            tasks(deleted: INCLUDE) { totalCount }
        } } }""",
        who=stranger.owner,
    )
    assert data == {
        "viewer": {"organizations": {"totalCount": 1}, "teams": {"totalCount": 2}, "tasks": {"totalCount": 4}},
        "organizations": {
            "totalCount": 1,
            "nodes": [{"teams": {"totalCount": 2}, "members": {"totalCount": 2}, "tasks": {"totalCount": 8}}],
        },
    }


async def test_a_member_of_two_sees_each_apart(
    api: Api, superuser: "asyncpg.Connection[Any]", victim: Victim, stranger: Tenant
) -> None:
    await superuser.execute(
        """INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
           VALUES ($1, gen_random_uuid(), $2, 'MEMBER', now(), now())""",
        victim.tenant.id,
        stranger.users[0],
    )
    data = await api.data(
        "{ organizations { nodes { id tasks { totalCount } teams { nodes { organization { id } } } } } }",
        who=stranger.owner,
    )
    assert {one["id"]: one["tasks"]["totalCount"] for one in data["organizations"]["nodes"]} == {
        str(stranger.id): 8,
        str(victim.tenant.id): 8,
    }
    for one in data["organizations"]["nodes"]:
        assert [team["organization"]["id"] for team in one["teams"]["nodes"]] == [one["id"]] * 2
