"""What the server says of itself: a line for each request, a line for what nobody foresaw, and no secrets in either."""

import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from app.auth.tokens import sign
from app.config import Settings
from app.log import Forward, stack_of
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.processes import serve

SECRET = "the-signing-secret-of-this-server-1"
TEXT, OTHER_TEXT = "a text that somebody wrote", "another text that somebody wrote"
READ = "query Read($team: ID!) { team(id: $team) { name } }"
CREATE = """mutation Create($team: ID!, $title: String!) {
    createTask(input: {teamId: $team, title: $title}) { task { id } userErrors { code } }
}"""
BREAK = f"""
CREATE FUNCTION break_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title = '{TEXT}' THEN
        RAISE EXCEPTION 'broken' USING DETAIL = NEW.title, HINT = NEW.title;
    ELSIF NEW.title = '{OTHER_TEXT}' THEN
        NEW.number = NEW.title::int;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER break_tasks BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION break_tasks()
"""
MEND = "DROP TRIGGER break_tasks ON tasks; DROP FUNCTION break_tasks"


@dataclass(frozen=True)
class Logged:
    """A server that was asked a few things, how it answered, and all that it said."""

    tenant: Tenant
    token: str
    answers: dict[str, httpx.Response]
    log: str
    errors: str  # what came out beside the log

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]

    def of_request(self, name: str) -> list[dict[str, Any]]:
        """The lines of one request, by its id."""
        return [line for line in self.lines if line.get("request_id") == name]


@pytest.fixture(scope="module")
async def logged(
    database: Database, superuser: "asyncpg.Connection[Any]", tmp_path_factory: pytest.TempPathFactory
) -> Logged:
    folder, tenant = tmp_path_factory.mktemp("logged"), await make_tenant(superuser)
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    settings = Settings(jwt_secret=SecretStr(SECRET))
    token = sign(settings, subject=tenant.owner, email=tenant.owner, name=None, ttl=timedelta(minutes=5))
    team = str(tenant.teams[0])
    bodies: dict[str, dict[str, Any]] = {
        "fine": {"query": READ, "variables": {"team": team}},
        "mistaken": {"query": f'{{ nothing(text: "{TEXT}") }}', "operationName": TEXT},
        "unknown": {"query": READ, "variables": {"team": str(tenant.id)}},
        "unsigned": {"query": READ, "variables": {"team": team}},
        "detailed": {"query": CREATE, "variables": {"team": team, "title": TEXT}},
        "quoted": {"query": CREATE, "variables": {"team": team, "title": OTHER_TEXT}},
    }
    await superuser.execute(BREAK)
    try:
        with serve(folder, **variables) as address:
            answers = {name: ask(address, name, body, token) for name, body in bodies.items()}
    finally:
        await superuser.execute(MEND)
    return Logged(tenant, token, answers, *((folder / name).read_text() for name in ("log", "errors")))


def ask(address: str, name: str, body: dict[str, Any], token: str) -> httpx.Response:
    signature = token + ("x" if name == "unsigned" else "")
    headers = {"Authorization": f"Bearer {signature}", "X-Request-Id": name}
    return httpx.post(f"{address}/graphql", json=body, headers=headers)


def test_each_line_is_an_object_and_says_when_and_how_bad(logged: Logged) -> None:
    assert all({"timestamp", "level", "event"} <= line.keys() for line in logged.lines)
    assert "Application startup complete." in [line["event"] for line in logged.lines]  # uvicorn's own
    assert [line["request_id"] for line in logged.lines if line["event"] == "request"] == list(logged.answers)


def test_a_request_is_a_line(logged: Logged) -> None:
    [line] = logged.of_request("fine")
    assert logged.answers["fine"].json() == {"data": {"team": {"name": "Team 0001"}}}
    assert line.pop("ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": "fine",
        "operation": "Read",
        "document": sha256(READ.encode()).hexdigest()[:16],
        "actor": str(logged.tenant.users[0]),
        "statements": 2,
        "status": 200,
        "errors": [],
    }


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("mistaken", "GRAPHQL_VALIDATION_FAILED", 200),
        ("unsigned", "UNAUTHENTICATED", 401),
    ],
)
def test_a_clients_mistake_has_a_code_and_no_stack(logged: Logged, name: str, code: str, status: int) -> None:
    [line] = logged.of_request(name)
    assert logged.answers[name].status_code == status
    assert (line["level"], line["status"], line["errors"], line["operation"]) == ("info", status, [code], None)
    assert "exception" not in line


def test_a_refused_sign_in_says_why(logged: Logged) -> None:
    [line] = logged.of_request("unsigned")
    assert line["refused"] == "The signature of the token is wrong: sign in again."


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("detailed", "RaiseError", "broken"),
        ("quoted", "InvalidTextRepresentationError", ""),
    ],
)
def test_what_nobody_foresaw_is_found_by_its_id(logged: Logged, name: str, kind: str, said: str) -> None:
    unforeseen, request = logged.of_request(name)
    [error] = logged.answers[name].json()["errors"]

    assert error["extensions"]["errorId"] in unforeseen["event"]
    assert unforeseen["level"] == "error"
    assert "app/tasks/create.py" in unforeseen["exception"]
    assert unforeseen["exception"].splitlines()[-1] == f"asyncpg.exceptions.{kind}{': ' if said else ''}{said}"
    assert (request["status"], request["errors"]) == (200, ["INTERNAL_SERVER_ERROR"])


def test_nothing_that_people_sent_is_said(logged: Logged) -> None:
    assert {name: one.status_code for name, one in logged.answers.items()} == {
        "fine": 200,
        "mistaken": 200,
        "unknown": 200,
        "unsigned": 401,
        "detailed": 200,
        "quoted": 200,
    }
    for told in (SECRET, TEXT, OTHER_TEXT, logged.token, logged.token.split(".")[2], logged.tenant.owner):
        assert told not in logged.log + logged.errors


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """The error with a stack, as if `cause` had led to it."""
    try:
        raise error from cause
    except Exception as caught:  # noqa: BLE001  # whatever was asked for
        return caught


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError(TEXT), "builtins.ValueError"),
        (KeyError(TEXT), "builtins.KeyError"),
        (AttributeError("no attribute 'x'"), "builtins.AttributeError: no attribute 'x'"),
        (OSError(111, "Connection refused", TEXT), "builtins.ConnectionRefusedError: Connection refused"),
        (asyncpg.DataError(TEXT), "asyncpg.exceptions.DataError"),
        (asyncpg.InterfaceError(TEXT), "asyncpg.exceptions._base.InterfaceError"),
        (asyncpg.UndefinedColumnError("no column x"), "asyncpg.exceptions.UndefinedColumnError: no column x"),
    ],
)
def test_messages_that_may_quote_are_left_out(error: Exception, shown: str) -> None:
    assert stack_of(raised(error)).splitlines()[-1] == shown


def test_a_stack_has_its_causes() -> None:
    stack = stack_of(raised(KeyError("one"), raised(ValueError("other"))))
    assert stack.count(f'File "{__file__}"') == 2
    assert [line for line in stack.splitlines() if line and not line.startswith(" ")] == [
        "builtins.KeyError",
        "which came from",
        "builtins.ValueError",
    ]


@pytest.mark.parametrize(
    ("said", "event"),
    [
        (f"Task exception was never retrieved\nfuture: <Task {TEXT}>", "Task exception was never retrieved"),
        (f"Exception in callback read({TEXT!r})", "Exception in"),
    ],
)
def test_asyncio_shows_nothing_of_what_it_holds(said: str, event: str) -> None:
    with capture_logs() as captured:
        Forward().emit(logging.makeLogRecord({"name": "asyncio", "levelno": logging.CRITICAL, "msg": said}))
    assert captured == [{"logger": "asyncio", "event": event, "log_level": "critical"}]


@pytest.mark.parametrize("readable", [True, False])
def test_nothing_in_a_line_turns_the_rest_of_it_around(readable: bool) -> None:
    program = f"from app.log import *; start_logging(readable={readable}); log.info('a\\u202eb', name='é\\u2066')"
    line = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.decode()

    assert "a\\u202eb" in line
    assert "é\\u2066" in line
    if not readable:
        assert json.loads(line)["event"] == "a\u202eb"
