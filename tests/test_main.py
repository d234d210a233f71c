"""What the server does beside answering, and what is left of it when it ends, however it ends."""

import asyncio
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app.config import Settings
from app.main import create_app
from tests.api import SECRET, serving
from tests.conftest import Database
from tests.documents.documents import CREATE
from tests.factories import make_tenant

DOCUMENT = {"title": "Handbook", "kind": "MARKDOWN", "text": "# One\n\nFirst."}
DAWDLE = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';
CREATE TRIGGER dawdle BEFORE INSERT ON document_chunks FOR EACH ROW EXECUTE FUNCTION dawdle()
"""


async def fail(app: Starlette) -> None:
    """A server that ends in an error, with a connection open."""
    async with app.router.lifespan_context(app):
        app.state.database.release(await app.state.database.acquire())
        raise ZeroDivisionError


async def test_the_connections_are_given_back_however_the_server_ends(database: Database) -> None:
    app = create_app(Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET)))
    with pytest.raises(ZeroDivisionError):
        await fail(app)

    assert (app.state.database.size, app.state.database.opened) == (0, 0)


async def test_background_work_has_time_limits_of_its_own(new_database: Any) -> None:
    """A document whose chunks take longer to write than a statement of a request may."""
    database = await new_database()
    superuser = await asyncpg.connect(database.superuser_url)
    await superuser.execute(DAWDLE)
    tenant = await make_tenant(superuser)
    settings = Settings(
        database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), statement_timeout=0.5, lock_timeout=0.5
    )
    async with serving(settings) as api:
        made = await api.data(CREATE, who=tenant.owner, input={"organizationId": str(tenant.id), **DOCUMENT})
        state = (made["createDocument"]["document"]["id"],)
        async with asyncio.timeout(30):
            while await superuser.fetchval("SELECT status FROM documents WHERE id = $1", *state) != "COMPLETED":  # noqa: ASYNC110  # PostgreSQL tells nobody
                await asyncio.sleep(0.05)
    assert await superuser.fetchval("SELECT attempts FROM documents WHERE id = $1", *state) == 1
    await superuser.close()
