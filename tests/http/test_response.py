"""How long an answer may be: a longer one is refused, and what it tells of has not happened."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.api import SECRET, Api, serving
from tests.conftest import Database
from tests.factories import make_tenant
from tests.unchanged import unchanged

MOST = 2_000
READ = "query ($id: ID!) { team(id: $id) { description } }"
WRITE = "mutation ($id: ID!) { updateTeam(id: $id, input: {description: %s}) { team { description } } }"
REFUSAL = {"code": "LIMIT_EXCEEDED", "limit": "max_answer", "allowed": MOST}


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), max_answer=MOST)
    async with serving(settings) as api:
        yield api


@pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
async def test_the_longest_answer_and_one_more(
    api: Api, superuser: "asyncpg.Connection[Any]", more: int, refused: bool
) -> None:
    tenant = await make_tenant(superuser)
    beside = len('{"data":{"team":{"description":""}}}')
    description = "x" * (MOST - beside + more)
    await superuser.execute("UPDATE teams SET description = $2 WHERE organization_id = $1", tenant.id, description)

    body = await api.ask(READ, who=tenant.owner, id=str(tenant.teams[0]))

    if refused:
        assert body["errors"][0]["extensions"] == {**REFUSAL, "found": MOST + 1}
        assert "data" not in body
    else:
        assert body == {"data": {"team": {"description": description}}}


async def test_a_mutation_is_undone(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)

    async with unchanged(superuser, tenant):
        refused = await api.ask(WRITE % f'"{"x" * MOST}"', who=tenant.owner, id=str(tenant.teams[0]))

    [error] = refused["errors"]
    assert error["extensions"] == REFUSAL | {"found": error["extensions"]["found"]}
