"""What statements read of each table and which functions they call, within functions, too."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from asyncpg.connection import LoggedQuery

from app.db.engine import Connection, Database
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

    async def run(self, text: str, arguments: Sequence[Any], **options: Any) -> list[Any]:
        before = await self._counts()
        rows: list[Any] = await self.connection.fetch(text, *arguments, **options)
        self.read += await self._counts() - before
        return rows

    async def _counts(self) -> Counter[str]:
        return Counter({row["name"]: row["amount"] for row in await self.connection.fetch(COUNTS)})


class Read(NamedTuple):
    """A statement, how many rows it gave, and what it read of each table."""

    text: str
    gave: int
    rows: Counter[str]

    @property
    def amount(self) -> int:
        return sum(amount for name, amount in self.rows.items() if not name.endswith("()"))


class Counting:
    """A connection that notes what is read by each of the statements that go over it within a transaction."""

    def __init__(self, connection: Connection, noted: list[Read]) -> None:
        self._connection = connection
        self._noted = noted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, text: str, *arguments: Any, **options: Any) -> list[Any]:
        if not self._connection.is_in_transaction():
            unnoted: list[Any] = await self._connection.fetch(text, *arguments, **options)
            return unnoted
        reader = Reader(self._connection)
        rows = await reader.run(text, arguments, **options)
        self._noted.append(Read(text, len(rows), reader.read))
        return rows


def count_reads(database: Database) -> list[Read]:
    """What the connections that `database` opens from now on read, a statement after the other."""
    noted: list[Read] = []
    connect = database.connect

    async def connect_counting() -> Connection:
        return Counting(await connect(), noted)  # type: ignore[return-value]  # it does what a connection does

    database.connect = connect_counting  # only looks on
    return noted


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
