"""How many statements a server sends to PostgreSQL for one answer, as PostgreSQL's own log tells it."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from benchmarks.dataset import Dataset
from benchmarks.servers import Asked
from benchmarks.workloads import Workload

# One line for each message with statements (`statement:`) and for each run of a prepared one (`execute`).
SENT = re.compile(r"^\S+ \S+ \S+ \[\d+\] LOG:  (?:statement|execute [^:\n]+):", re.MULTILINE)
SECONDS_TO_NOTICE = 0.2  # until every session of PostgreSQL has read a changed setting


@contextmanager
def logged(dataset: Dataset) -> Iterator[None]:
    """Within the block PostgreSQL logs every statement."""
    _set(dataset, "ALTER SYSTEM SET log_statement = 'all'")
    try:
        yield
    finally:
        _set(dataset, "ALTER SYSTEM RESET log_statement")


def count(dataset: Dataset, contender: Asked, workload: Workload) -> int:
    """Statements of one answer, those that begin and end its transaction included. Only within `logged`.

    It is the least of three answers: over a connection that is new, some drivers first ask about types.
    """
    return min(_count(dataset, contender, workload) for _ in range(3))


def _count(dataset: Dataset, contender: Asked, workload: Workload) -> int:
    before = dataset.log.stat().st_size
    contender.ask(workload.key, workload.slug)
    time.sleep(0.05)  # a server may end its transaction after it has answered
    with dataset.log.open("rb") as log:
        log.seek(before)
        return len(SENT.findall(log.read().decode(errors="replace")))


def _set(dataset: Dataset, statement: str) -> None:
    asyncio.run(_execute(dataset, statement))
    time.sleep(SECONDS_TO_NOTICE)


async def _execute(dataset: Dataset, statement: str) -> None:
    connection = await asyncpg.connect(dataset.addresses.superuser_url)
    try:
        await connection.execute(statement)
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
