"""What clients hear of failures: foreseen ones in plain words, all others only under an id that the log has."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from graphql import GraphQLError
from pydantic import SecretStr

from app.config import Settings
from app.graph.errors import MASKED, BadUserInput, format_error
from tests.api import SECRET, serving
from tests.factories import make_tenant


async def test_what_nobody_foresaw_is_masked_and_logged(
    new_database: Callable[..., Awaitable[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    made = await new_database()
    superuser = await asyncpg.connect(made.superuser_url)
    tenant = await make_tenant(superuser)
    await superuser.execute("ALTER TABLE teams RENAME COLUMN description TO hidden")
    await superuser.close()
    settings = Settings(database_url=made.runtime_url, jwt_secret=SecretStr(SECRET))

    async with serving(settings) as api:
        with caplog.at_level(logging.ERROR, "trellis"):
            body = await api.ask(
                "query ($id: ID!) { team(id: $id) { description } organizations { totalCount } }",
                who=tenant.owner,
                id=str(tenant.teams[0]),
            )

    error = body["errors"][0]
    error_id = str(UUID(error["extensions"].pop("errorId")))
    assert error["message"] == MASKED
    assert error["path"] == ["team"]
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    [logged] = [record for record in caplog.records if error_id in record.getMessage()]
    assert logged.exc_info is not None
    assert isinstance(logged.exc_info[1], asyncpg.UndefinedColumnError)


def test_a_foreseen_error_is_shown_with_what_it_adds() -> None:
    shown = format_error(GraphQLError("", path=["task"], original_error=BadUserInput("No.", inputPath=["a", 1])))
    assert shown == {
        "message": "No.",
        "path": ["task"],
        "extensions": {"code": "BAD_USER_INPUT", "inputPath": ["a", 1]},
    }


def test_an_error_within_an_error_is_found() -> None:
    inner = GraphQLError("", original_error=BadUserInput("No."))
    assert format_error(GraphQLError("", original_error=inner)) == {
        "message": "No.",
        "extensions": {"code": "BAD_USER_INPUT"},
    }


@pytest.mark.parametrize(
    "failure", [ValueError("secret"), KeyError("secret"), RecursionError("secret"), OSError("secret")]
)
def test_no_text_of_python_is_shown(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "trellis"):
        shown = format_error(GraphQLError("secret", path=["task"], original_error=failure))
    assert shown["message"] == MASKED
    assert "secret" not in str(shown)
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[1] is failure
