"""What is left of the server when it ends, however it ends."""

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app.config import Settings
from app.main import create_app
from tests.api import SECRET
from tests.conftest import Database


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
