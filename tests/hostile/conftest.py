"""A server as in production, in a process of its own; somebody who attacks it, and somebody else who only works."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from tests.api import SECRET
from tests.conftest import Database
from tests.factories import make_tenant
from tests.hostile.wire import Attacker, Exchange, exchange
from tests.metrics.scraping import TOKEN
from tests.processes import running_over, serve
from tests.walk import ids_of


class Server(NamedTuple):
    process: int
    port: int
    folder: Path  # with what it said, in `log` and `errors`

    async def exchange(self, request: bytes) -> Exchange:
        """The answer to a request. While the machine lets the server wait for a processor no time passes."""
        waited = self.waited()
        answer = await exchange(self.port, request)
        return answer._replace(seconds=answer.seconds - (self.waited() - waited))

    def waited(self) -> float:
        """For how many seconds in all the thread of its event loop could have run and was not let."""
        _, nanoseconds, _ = Path(f"/proc/{self.process}/schedstat").read_text().split()
        return int(nanoseconds) / 1e9


@pytest.fixture(scope="session")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Its own limits are those of production, but for how much and how many things may be asked in a minute."""
    folder = tmp_path_factory.mktemp("hostile")
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_INTROSPECTION": "true",
        "TRELLIS_RATE_LIMIT": "1000000000",
        "TRELLIS_RATE_LIMIT_ANONYMOUS": "1000000000",
        "TRELLIS_RATE_LIMIT_FAILURES": "1000000000",
        "TRELLIS_MAX_IN_FLIGHT": "100",
        "TRELLIS_REQUEST_TIMEOUT": "3",
        "TRELLIS_METRICS_TOKEN": TOKEN,
    }
    with serve(folder, **variables) as address:
        port = int(address.rpartition(":")[2])
        [process] = running_over(folder)
        yield Server(process, port, folder)


@pytest.fixture(scope="session")
async def attacker(superuser: "asyncpg.Connection[Any]") -> Attacker:
    tenant = await make_tenant(superuser, members=3, teams=2, tasks=5, documents=2)
    return Attacker(bearer(tenant.owner), ids_of(tenant))


@pytest.fixture(scope="session")
async def neighbour(superuser: "asyncpg.Connection[Any]") -> Attacker:
    """Somebody of another organization, who means no harm."""
    tenant = await make_tenant(superuser)
    return Attacker(bearer(tenant.owner))


def bearer(subject: str) -> str:
    settings = Settings(jwt_secret=SecretStr(SECRET))
    return "Bearer " + sign(settings, subject=subject, email=subject, name=None, ttl=timedelta(hours=1))
