"""Dumps a database as a checkout makes it, with what people do in it: `make release-dump VERSION=0.2.0`.

That of a release is made once, from its own checkout: it is what its users have.
"""

import asyncio
import lzma
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx

from app.postgres import embedded
from app.postgres.server import Addresses
from tests.migrations.releases.restore import dump

HERE = Path(__file__).parent
ADA = "ada@example.com"
ORGANIZATION = (
    "mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) { organization { id } } }"
)
TEAM = "mutation ($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }"
TASK = "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }"
DELETE = "mutation ($id: ID!) { deleteTask(id: $id) { deletion { id } } }"
DOCUMENT = "mutation ($input: CreateDocumentInput!) { createDocument(input: $input) { document { id } } }"
API_KEY = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }"
WAITING = """
SELECT (SELECT count(*) FROM embedding_jobs) + (SELECT count(*) FROM documents WHERE due_at IS NOT NULL)
"""


def main(version: str, checkout: Path) -> None:
    """Writes VERSION.sql.xz beside this file."""
    with (
        TemporaryDirectory(prefix="trellis-release-") as folder,
        embedded.run(Path(folder), durable=False) as addresses,
    ):
        with _served(addresses, checkout) as ask:
            _write(ask, (checkout / "schema.graphql").read_text())
            asyncio.run(_wait_for_background_work(addresses.superuser_url))
        text = dump(addresses.superuser_url)
    (HERE / f"{version}.sql.xz").write_bytes(lzma.compress(text.encode()))


@contextmanager
def _served(addresses: Addresses, checkout: Path) -> Iterator["Ask"]:
    """The checkout's own server, over tables of its own migrations."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {
        "PYTHONPATH": str(checkout),
        "TRELLIS_DATABASE_URL": addresses.runtime_url,
        "TRELLIS_DATABASE_OWNER_URL": addresses.owner_url,
        "TRELLIS_JWT_SECRET": os.urandom(32).hex(),
    }
    command = [sys.executable, "-P", "-c", "from app.cli import main; main()"]
    run = {"cwd": checkout, "env": os.environ | variables}
    subprocess.run([*command, "migrate"], check=True, **run)  # type: ignore[call-overload]
    token = subprocess.run([*command, "token", ADA], check=True, capture_output=True, text=True, **run).stdout.strip()  # type: ignore[call-overload]
    with subprocess.Popen([*command, "serve", "--port", str(port)], **run) as server:  # type: ignore[call-overload]
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}
            ) as http:
                yield Ask(http)
        finally:
            server.terminate()


class Ask:
    """Sends a mutation and answers the id that it made."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        while not self._answers():
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def __call__(self, query: str, **variables: Any) -> str:
        headers = {"Idempotency-Key": variables["input"]["title"]} if "title" in variables.get("input", {}) else {}
        answer = self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()
        assert "errors" not in answer, answer
        (payload,) = answer["data"].values()
        (made,) = payload.values()
        return str(made["id"])


def _write(ask: Ask, schema: str) -> None:
    organization = {"organizationId": ask(ORGANIZATION, input={"name": "Acme", "slug": "acme"})}
    team = {"teamId": ask(TEAM, input=organization | {"name": "Engineering", "key": "ENG"})}
    ask(
        TASK,
        input=team | {"title": "Repair the elevator", "description": "It stops between the floors.", "estimate": 3},
    )
    ask(TASK, input=team | {"title": "Order spare parts", "dueDate": "2026-12-24"})
    ask(DELETE, id=ask(TASK, input=team | {"title": "Paint the lobby"}))
    if "createDocument(" in schema:
        ask(DOCUMENT, input=organization | {"title": "Handbook", "text": "# Elevators\n\nCall the technician at once."})
    if "createApiKey(" in schema:
        ask(API_KEY, input=organization | {"name": "Reports", "scopes": ["READ"]})


async def _wait_for_background_work(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('embedding_jobs')"):
            while await connection.fetchval(WAITING):  # noqa: ASYNC110  # PostgreSQL sends no event
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve())
