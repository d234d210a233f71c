"""A live server in a process of its own, and the Node project that calls it as front ends do."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
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

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent
PACKAGES = PROJECT / "node_modules"
MANIFEST = PROJECT / "generated" / "manifest.json"
TESTS = sorted(path.name for path in PROJECT.glob("*.test.ts"))
OLDEST_NODE = (20, 19)
BUNDLE = (
    *("--bundle", "--splitting", "--platform=node", "--format=esm", "--out-extension:.js=.mjs"),
    *("--main-fields=module,main", "--sourcemap=inline", "--log-level=warning", "--preserve-symlinks"),
    "--conditions=development,module",  # as developers run them, so that the libraries say what they do not like
)


def script(path: Path, *arguments: str) -> list[str]:
    """The command that runs a built script."""
    return ["node", "--enable-source-maps", str(path.with_suffix(".mjs")), *arguments]


def environment(site: str) -> dict[str, str]:
    # What examples/board shares with the tests is linked from here, and takes the packages from here.
    return os.environ | {"TRELLIS_SITE": site, "NO_COLOR": "1", "NODE_OPTIONS": "--preserve-symlinks"}


def run(*command: str, site: str = "{}") -> None:
    """Runs a command in the project to its end; where that fails, so does the test, with all that it said."""
    done = subprocess.run(
        command, cwd=PROJECT, env=environment(site), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}", pytrace=False)


def run_tool(name: str, *arguments: str) -> None:
    """Runs a command of one of the packages."""
    run(str(PACKAGES / ".bin" / name), *arguments)


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where the packages of the project are; Node.js is there too."""
    return packages_of(PROJECT, target="clients")


def packages_of(project: Path, *, target: str) -> Path:
    """Where the packages of a project are, which `make` installs by that target; skips where Node.js is not."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is missing: install 20.19 or later")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < OLDEST_NODE:
        pytest.skip(f"Node.js {version} is too old: install 20.19 or later")
    if not up_to_date(project):
        if shutil.which("npm") is None:
            pytest.skip("npm is missing: install it beside Node.js")
        name = project.relative_to(ROOT)
        pytest.fail(f"The packages of {name} are missing, or older than their lock: run `make {target}` first.")
    return project / "node_modules"


def up_to_date(project: Path) -> bool:
    """Whether npm wrote its list of what is installed after the lock was written, as make asks too."""
    installed = project / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (project / "package-lock.json").stat().st_mtime


@pytest.fixture(scope="session")
def scripts(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the built scripts are, with what GraphQL Codegen makes of their documents."""
    built = tmp_path_factory.mktemp("scripts")
    with alone(packages):
        run_tool("graphql-codegen")
        run_tool("esbuild", *BUNDLE, f"--outdir={built}", *TESTS, "abort.ts", "trusted.ts")
    return built


@pytest.fixture(scope="session")
def relay_scripts(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the built script of Relay is, with what its compiler makes of its documents."""
    built = tmp_path_factory.mktemp("relay")
    with alone(packages):
        (PROJECT / "generated" / "relay").mkdir(parents=True, exist_ok=True)  # the compiler wants it to be there
        run_tool("relay-compiler")
        run_tool("esbuild", *BUNDLE, f"--outdir={built}", "relay/tasks.test.ts")
    return built


@contextmanager
def alone(packages: Path) -> Iterator[None]:
    """Keeps the other workers from writing into the project meanwhile."""
    with (packages / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server in a process of its own, over this worker's database."""
    variables = {
        # The audits ask for a type, and send 61 requests, all at once, without a token too.
        "TRELLIS_INTROSPECTION": "true",
        "TRELLIS_MAX_IN_FLIGHT": "100",
        "TRELLIS_RATE_LIMIT_ANONYMOUS": "1000",
        "TRELLIS_POOL_TIMEOUT": "60",
        # What hangs is ended by its client and by nothing else.
        "TRELLIS_REQUEST_TIMEOUT": "60",
        "TRELLIS_STATEMENT_TIMEOUT": "60",
        "TRELLIS_LOCK_TIMEOUT": "60",
    }
    with serving(database, tmp_path_factory.mktemp("server"), **variables) as address:
        yield address


@pytest.fixture
def trusting_server(database: Database, packages: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a server that runs only the documents of the project."""
    with alone(packages):
        run_tool("generate-persisted-query-manifest")
    variables = {"TRELLIS_DOCUMENTS": "trusted", "TRELLIS_MANIFESTS": json.dumps([str(MANIFEST)])}
    with serving(database, tmp_path, **variables) as address:
        yield address


@contextmanager
def serving(database: Database, folder: Path, **variables: str) -> Iterator[str]:
    required = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    with serve(folder, **required, **variables) as address:
        yield f"{address}/graphql"


@pytest.fixture
async def site(server: str, superuser: "asyncpg.Connection[Any]") -> str:
    """What site.ts reads: a tenant with two people in one team of 250 tasks, and a stranger to it."""
    tenant = await make_tenant(superuser, members=2, tasks=125)
    stranger = await make_tenant(superuser)
    return json.dumps(described(server, tenant, stranger))


def described(server: str, tenant: Tenant, stranger: Tenant) -> dict[str, Any]:
    colleague = tenant.owner.replace("person1", "person2")
    people = {"owner": tenant.owner, "colleague": colleague, "stranger": stranger.owner}
    return {
        "uri": server,
        "tokens": {role: token_of(person) for role, person in people.items()},
        "organizationId": str(tenant.id),
        "organizationSlug": tenant.slug,
        "teamId": str(tenant.teams[0]),
        "taskIds": [str(task) for task in tenant.tasks],
    }


def token_of(subject: str) -> str:
    settings = Settings(jwt_secret=SecretStr(SECRET))
    return sign(settings, subject=subject, email=subject, name=None, ttl=timedelta(hours=1))
