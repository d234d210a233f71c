"""What statements read of each table and which functions they call, within functions, too."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg.connection import LoggedQuery

from app.db.engine import Connection
from app.db.statement import Statement
from tests.api import Api

# Of the session since it last told the others, which it never does within a transaction. What comes off an index alone
# is counted there.
COUNTS = """
SELECT relname AS name, seq_tup_read + coalesce(idx_tup_fetch, 0) AS amount FROM pg_stat_xact_user_tables
UNION ALL SELECT funcname || '()', calls FROM pg_stat_xact_user_functions
"""


class Reader:
    """Counts over one connection, in a transaction that is open there: rows by table, and calls by `function()`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.read: Counter[str] = Counter()

    async def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        """What loaders and queues are given to run their statements with."""
        return await self.run(statement.text, statement.arguments(values))

    async def run(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        before = await self._counts()
        rows: list[Any] = await self.connection.fetch(text, *arguments)
        self.read += await self._counts() - before
        return rows

    async def _counts(self) -> Counter[str]:
        return Counter({row["name"]: row["amount"] for row in await self.connection.fetch(COUNTS)})


class Asker:
    """Asks an application, and runs again what it sent to the database."""

    def __init__(self, api: Api, asking: Connection, counting: Connection) -> None:
        self.api = api
        self.counting = counting
        self.sent: list[LoggedQuery] = []
        asking.add_query_logger(self.sent.append)

    async def read(self, query: str, *, who: str, **variables: Any) -> Counter[str]:
        """What the statements of a query read, in a transaction like the one that they were sent in."""
        self.sent.clear()
        await self.api.data(query, who=who, **variables)
        start = max(place for place, one in enumerate(self.sent) if "BEGIN" in one.query)
        await self.counting.execute(self.sent[start].query.removeprefix("ROLLBACK; "))
        reader = Reader(self.counting)
        try:
            for one in self.sent[start + 1 :]:
                if "typeinfo_tree" not in one.query:  # which is the driver's
                    await reader.run(one.query, one.args)
        finally:
            await self.counting.execute("ROLLBACK")
        return reader.read
