"""The PostgreSQL that all tests share: one server for the run, and for each worker a clone of one migrated database."""

import asyncio
import os
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from os import getpid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from app.config import Settings
from app.migrations.migrate import migrate
from app.operations import documents
from app.postgres import embedded
from app.postgres.server import Addresses, Postgres
from tests.api import SECRET, Api, serving
from tests.completion import READING, OneByOne
from tests.given_server import provisioned
from tests.importer.importing import Importer
from tests.processes import running_over

RUN = pytest.StashKey[ExitStack]()
ADDRESSES = pytest.StashKey[Addresses]()
NUMBERS = count(1)
EMPTY = "trellis_empty"
# At once, of all workers: a test's two servers beside the one of the session can have 22 each. Who is refused one tries
# on for as long as a request may take, so too few look like whatever that test does not expect.
CONNECTIONS = 400


@dataclass(frozen=True)
class Database:
    """One database of the shared server, as each of the roles sees it."""

    addresses: Addresses
    name: str

    @property
    def owner_url(self) -> str:
        return self.addresses.url("trellis_owner", self.name)

    @property
    def runtime_url(self) -> str:
        return self.addresses.url("trellis", self.name)

    @property
    def superuser_url(self) -> str:
        return self.addresses.url("postgres", self.name)


def pytest_configure(config: pytest.Config) -> None:
    """Runs in the process that starts the workers, or in the only one, before any of them; the workers are told."""
    if hasattr(config, "workerinput"):
        config.stash[ADDRESSES] = pickle.loads(config.workerinput["addresses"])  # noqa: S301  # from our own parent
        return
    with ExitStack() as stack:
        if given := os.environ.get("TRELLIS_TEST_DATABASE"):
            addresses: Addresses = stack.enter_context(provisioned(given))
        else:
            directory = Path(stack.enter_context(TemporaryDirectory(prefix="trellis-tests-")))
            with embedded.run(directory, durable=False) as first:
                asyncio.run(_allow_connections(first))
            addresses = stack.enter_context(embedded.run(directory, durable=False))
        asyncio.run(_keep_empty(addresses))
        migrate(addresses.owner_url, addresses.runtime_url)
        config.stash[ADDRESSES] = addresses
        config.stash[RUN] = stack.pop_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    if RUN in config.stash:
        config.stash[RUN].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["addresses"] = pickle.dumps(node.config.stash[ADDRESSES])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.path.name in READING:
        metafunc.parametrize("completion", ["bulk", "one by one"], indirect=True)


@pytest.fixture(autouse=True)
def completion(request: pytest.FixtureRequest) -> None:
    """How answers are completed; tests of what is read run once in each way."""
    if getattr(request, "param", "bulk") == "one by one":
        request.getfixturevalue("monkeypatch").setattr(documents, "BulkExecutor", OneByOne)


@pytest.fixture(scope="session")
def addresses(pytestconfig: pytest.Config) -> Addresses:
    """Where the shared server is."""
    return pytestconfig.stash[ADDRESSES]


@pytest.fixture(scope="session")
async def database(addresses: Addresses) -> AsyncIterator[Database]:
    """The migrated database of this worker. Nothing is rolled back: each test makes tenants of its own."""
    async with _made(addresses, migrated=True) as made:
        yield made


@pytest.fixture
async def new_database(addresses: Addresses) -> AsyncIterator[Callable[..., Awaitable[Database]]]:
    """Makes databases for one test alone: `await new_database()` has tables, `migrated=False` has none."""
    async with AsyncExitStack() as stack:

        async def make(*, migrated: bool = True) -> Database:
            return await stack.enter_async_context(_made(addresses, migrated=migrated))

        yield make


@pytest.fixture(scope="session")
async def api(database: Database) -> AsyncIterator[Api]:
    """The application over this worker's database."""
    # Many writers at once wait long for each other where the machine is slow, which is no fault.
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET), pool_timeout=8.0)
    async with serving(settings) as serves:
        yield serves


@pytest.fixture(scope="session")
async def superuser(database: Database) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection that row-level security does not hold, to this worker's database."""
    connection = await asyncpg.connect(database.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def runtime(database: Database) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A connection as the server has it, in a transaction that is thrown away."""
    connection = await asyncpg.connect(database.runtime_url)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
def importer(database: Database, superuser: "asyncpg.Connection[Any]") -> Importer:
    """Somebody who imports."""
    return Importer(database.runtime_url, superuser)


@pytest.fixture
def own_server(data_directory: Path) -> Iterator[Postgres]:
    """A migrated server for one test alone, which may kill, stop and start it."""
    server = Postgres(data_directory / "postgres", durable=False)
    try:
        addresses = server.start()
        migrate(addresses.owner_url, addresses.runtime_url)
        yield server
    finally:
        server.stop()


@pytest.fixture
def data_directory() -> Iterator[Path]:
    """A directory for `--data`. At the end nothing may run over it any more."""
    # Not under tmp_path: pytest closes that to other users, and so to the one that runs PostgreSQL where we are root.
    with TemporaryDirectory(prefix="trellis-test-") as directory:
        yield Path(directory)
        left = running_over(Path(directory))
        assert left == []


@asynccontextmanager
async def _made(addresses: Addresses, *, migrated: bool) -> AsyncIterator[Database]:
    made = Database(addresses, f"test_{getpid()}_{next(NUMBERS)}")
    connection = await asyncpg.connect(addresses.url("postgres", "postgres"))
    try:
        template = "trellis" if migrated else EMPTY
        await connection.execute(f"CREATE DATABASE {made.name} OWNER trellis_owner TEMPLATE {template}")
        yield made
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)")
        await connection.close()


async def _allow_connections(addresses: Addresses) -> None:
    """From its next start on."""
    connection = await asyncpg.connect(addresses.superuser_url)
    await connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
    await connection.close()


async def _keep_empty(addresses: Addresses) -> None:
    """A copy of the database before it has tables."""
    connection = await asyncpg.connect(addresses.url("postgres", "postgres"))
    await connection.execute(f"CREATE DATABASE {EMPTY} TEMPLATE trellis")
    await connection.close()
