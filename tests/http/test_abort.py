"""Requests that are cut short at whatever moment leave nothing that Python complains of, in lines beside the log."""

import asyncio
import gc
import warnings
from random import Random
from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

# Several root fields, and one under which something is wrong: graphql-core completes what it can begin, one by one.
QUERY = """query ($id: ID!, $organization: ID!) {
    a: searchTasks(organizationId: $organization, query: "task", mode: HYBRID) { nodes { title } edges { snippet } }
    b: searchTasks(organizationId: $organization, query: "tsak", mode: FUZZY) { nodes { title } }
    c: team(id: $id) { bad: tasks(first: -1) { totalCount } tasks { nodes { title assignee { user { name } } } } }
}"""
MUTATION = """mutation ($id: ID!) { updateTeam(id: $id, input: {name: "Other"}) {
    team { bad: tasks(first: -1) { totalCount } tasks { nodes { title assignee { user { name } } } } } } }"""


async def test_nothing_is_left_that_was_never_awaited(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=3, tasks=5)
    variables = {"id": str(tenant.teams[0]), "organization": str(tenant.id)}
    chance = Random(1)
    for document in (QUERY, MUTATION):
        assert (await api.send(document, who=tenant.owner, **variables)).status_code == 200
    gc.collect()
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        for _ in range(200):
            document = chance.choice((QUERY, QUERY, MUTATION))
            asking = asyncio.create_task(api.send(document, who=tenant.owner, **variables))
            for _ in range(chance.randrange(1, 120)):
                await asyncio.sleep(0)
            if chance.random() < 0.5:
                await asyncio.sleep(chance.random() / 30)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        gc.collect()

    assert {str(one.message) for one in complaints} == set()
