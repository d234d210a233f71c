"""What an operation leaves behind: nothing that only the garbage collector could take away."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from app.db.record import Record
from app.db.unit_of_work import Unit
from app.execution.bulk import BulkExecutor
from app.graph.context import Context
from tests.api import Api
from tests.factories import make_tenant

KINDS = (Record, Unit, Context, BulkExecutor)
READ = """query ($id: ID!) {
  team(id: $id) { members(first: 5) { nodes { user { name } } } tasks(first: 5) { nodes { title assignee { id } } } }
}"""
WRITE = "mutation ($id: ID!, $title: String!) { createTask(input: {teamId: $id, title: $title}) { task { title } } }"


@contextmanager
def collecting(garbage: list[Any]) -> Iterator[None]:
    """Puts into `garbage` what is unreachable at the end of the block and not yet gone."""
    gc.collect()
    gc.disable()
    try:
        yield
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        garbage += [one for one in gc.garbage if isinstance(one, KINDS)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("document", [READ, WRITE])
async def test_an_operation_leaves_nothing_to_the_garbage_collector(
    api: Api, superuser: "asyncpg.Connection[Any]", document: str
) -> None:
    tenant = await make_tenant(superuser)
    variables = {"id": str(tenant.teams[0]), "title": "Sweep the yard"}
    await api.data(document, who=tenant.owner, **variables)

    garbage: list[Any] = []
    with collecting(garbage):
        await api.data(document, who=tenant.owner, **variables)
        await asyncio.sleep(0)

    assert [type(one).__name__ for one in garbage] == []
