"""A live server in a process of its own, and the Node project that calls it as front ends do."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from tests.api import SECRET
from tests.conftest import Database
from tests.factories import Tenant, make_tenant
from tests.processes import serve

PROJECT = Path(__file__).parent
PACKAGES = PROJECT / "node_modules"
OLDEST_NODE = (20, 19)


@dataclass(frozen=True)
class Front:
    """The Node project, as the commands that are run in it; `site` is what site.ts reads."""

    site: dict[str, Any] = field(default_factory=dict)

    def run(self, *command: str) -> None:
        """Runs a command to its end; where that fails, so does the test, with all that it said."""
        environment = os.environ | {"TRELLIS_SITE": json.dumps(self.site), "NO_COLOR": "1"}
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}", pytrace=False)

    def tool(self, name: str, *arguments: str) -> None:
        """Runs a command of one of the packages."""
        self.run(str(PACKAGES / ".bin" / name), *arguments)


@pytest.fixture(scope="session")
def packages() -> Front:
    """The project with its packages installed."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is missing: install 20.19 or later")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_NODE:
        pytest.skip(f"Node.js {version} is too old: install 20.19 or later")
    if not (PACKAGES / ".package-lock.json").exists():
        pytest.fail("The packages of tests/apollo are missing: run `make clients` first.")
    return Front()


@pytest.fixture(scope="session")
def generated(packages: Front) -> Front:
    """The project with what GraphQL Codegen makes of its documents."""
    # Another worker may be at it, or reading already: Codegen writes no file whose content stays.
    with (PACKAGES / ".generating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (PROJECT / "generated" / "relay").mkdir(parents=True, exist_ok=True)  # Relay's compiler wants it to be there
        packages.tool("graphql-codegen", "--silent")
    return packages


@pytest.fixture(scope="session")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server in a process of its own, over this worker's database."""
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_INTROSPECTION": "true",  # the audits ask for a type,
        "TRELLIS_RATE_LIMIT_ANONYMOUS": "1000",  # and send 61 requests without a token
    }
    with serve(tmp_path_factory.mktemp("server"), **variables) as address:
        yield f"{address}/graphql"


@pytest.fixture
async def front(server: str, generated: Front, superuser: "asyncpg.Connection[Any]") -> Front:
    """The project before a tenant with two people in one team of 250 tasks, and a stranger to it."""
    tenant = await make_tenant(superuser, members=2, tasks=125)
    stranger = await make_tenant(superuser)
    return replace(generated, site=site_of(server, tenant, stranger))


def site_of(server: str, tenant: Tenant, stranger: Tenant) -> dict[str, Any]:
    """What site.ts reads."""
    colleague = tenant.owner.replace("person1", "person2")
    return {
        "uri": server,
        "tokens": {
            "owner": token_of(tenant.owner),
            "colleague": token_of(colleague),
            "stranger": token_of(stranger.owner),
        },
        "organizationId": str(tenant.id),
        "organizationSlug": tenant.slug,
        "teamId": str(tenant.teams[0]),
        "taskIds": [str(task) for task in tenant.tasks],
    }


def token_of(subject: str) -> str:
    settings = Settings(jwt_secret=SecretStr(SECRET))
    return sign(settings, subject=subject, email=subject, name=None, ttl=timedelta(hours=1))
