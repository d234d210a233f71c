"""Two workers under load: a key that ends is refused by both from its next request on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from tests.api import SECRET, Api
from tests.api_keys.documents import REVOKE, ROTATE, make_key
from tests.factories import make_tenant
from tests.processes import serve
from tests.rates.load import Connection, Load

VIEWER = "{ viewer { apiKey { name } organizations { nodes { slug } } } }"
EXPIRE = "UPDATE api_keys SET expires_at = clock_timestamp() + interval '0.3 s' WHERE id = $1 RETURNING expires_at"
CONNECTIONS = 3  # at least, for each key
ENOUGH = 5  # answers on each connection


class Watch:
    """A key under load: when each request was sent and answered, and the status, by connection."""

    def __init__(self, address: str, key: str) -> None:
        self.load = Load(address, "nobody", VIEWER, key=key)
        self.asked: dict[int, list[tuple[float, float, int]]] = {}
        self.answered = asyncio.Event()
        self.ended = False

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        async with self.load.connected(CONNECTIONS, workers=2):
            self.asked = {id(one): [] for one in self.load.connections}
            working = asyncio.gather(*map(self._work, self.load.connections))
            try:
                yield
            finally:
                self.ended = True
                await working

    async def _work(self, connection: Connection) -> None:
        asked = self.asked[id(connection)]
        while not self.ended:
            sent, status = time.time(), await self.load.ask(connection)
            asked.append((sent, time.time(), status))
            self.answered.set()

    async def enough(self, since: float) -> None:
        """Waits until there are enough answers to what was sent since then."""
        async with asyncio.timeout(20):
            while min(len([1 for sent, _, _ in asked if sent >= since]) for asked in self.asked.values()) < ENOUGH:
                await self.answered.wait()
                self.answered.clear()

    def answered_before(self, moment: float) -> list[set[int]]:
        return [{status for _, answered, status in asked if answered < moment} for asked in self.asked.values()]

    def sent_after(self, moment: float) -> list[set[int]]:
        return [{status for sent, _, status in asked if sent >= moment} for asked in self.asked.values()]


async def test_both_workers_refuse_a_key_at_once(
    api: Api, superuser: "asyncpg.Connection[Any]", database: Any, tmp_path: Path
) -> None:
    tenant = await make_tenant(superuser)
    (revoked, first), (rotated, second), (expired, third) = [await make_key(api, tenant) for _ in range(3)]
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_RATE_LIMIT": "1000000",
    }
    with serve(tmp_path, "--workers", "2", **variables) as address:
        watches = [Watch(address, key) for key in (first, second, third)]
        async with AsyncExitStack() as stack:
            for one in watches:
                await stack.enter_async_context(one.watching())
                await one.enough(0)
            changes = []
            for document, key_id in ((REVOKE, revoked), (ROTATE, rotated)):
                asked = time.time()
                await api.data(document, who=tenant.owner, id=key_id, **({"grace": 0} if document == ROTATE else {}))
                changes.append((asked, time.time()))
            expires = (await superuser.fetchval(EXPIRE, UUID(expired))).timestamp()
            changes.append((expires, expires))
            await asyncio.gather(*(one.enough(done) for one, (_, done) in zip(watches, changes, strict=True)))

    for one, (begun, done) in zip(watches, changes, strict=True):
        assert one.answered_before(begun) == [{200}] * len(one.asked)
        assert one.sent_after(done) == [{401}] * len(one.asked)
    said = (tmp_path / "log").read_text() + (tmp_path / "errors").read_text()
    assert '"status":401' in said.replace(" ", "")
    assert [key for key in (first, second, third) if key.split("_")[2] in said] == []
