"""What PostgreSQL does for a statement: the rows and pages that it reads, and what it sorts."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.db.engine import Connection

SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")
REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")


@dataclass(frozen=True)
class Cost:
    """What one run of a statement took."""

    rows: int  # that it gave
    read: int  # that it looked at to find them
    sorted: int  # the most that any sort was given
    buffers: int  # pages of 8 kB that it touched
    scanned: tuple[str, ...]  # tables that it read from end to end
    plan: str


async def explain(connection: Connection, statement: str, arguments: Sequence[Any]) -> Cost:
    """Runs `statement` as a prepared one, as the driver does."""
    await connection.execute(f"PREPARE explained AS {statement}")
    given = f"({', '.join(literal(argument) for argument in arguments)})" if arguments else ""
    answer = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE explained{given}")
    await connection.execute("DEALLOCATE explained")
    plan = json.loads(answer)[0]["Plan"]
    nodes = list(nodes_of(plan))
    return Cost(
        rows=round(plan["Actual Rows"]),
        read=round(sum(rows_read(node) for node in nodes if node["Node Type"] in SCANS)),
        sorted=round(max((rows_read(node["Plans"][0]) for node in nodes if node["Node Type"] == "Sort"), default=0)),
        buffers=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        scanned=tuple(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and rows_read(node)),
        plan=answer,
    )


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)


def rows_read(node: dict[str, Any]) -> float:
    """In all loops together; those that a filter threw away were read, too."""
    removed = sum(node.get(name, 0) for name in REMOVED)
    return float(node["Actual Rows"] + removed) * int(node["Actual Loops"])


def literal(value: Any) -> str:
    """An argument as SQL spells it; EXECUTE gives it the parameter's type."""
    if value is None:
        return "NULL"
    text = array(value) if isinstance(value, list | tuple) else str(value)
    return "'" + text.replace("'", "''") + "'"


def array(values: Sequence[Any]) -> str:
    return "{" + ",".join("NULL" if value is None else json.dumps(str(value)) for value in values) + "}"
