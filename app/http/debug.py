"""What an operation cost, for whoever asks for it while developing: `extensions.trellis` of its answer."""

from time import perf_counter
from typing import Any

from starlette.requests import Request

from app.graph.context import Context

HEADER = "X-Trellis-Debug"


def wants_cost(request: Request) -> bool:
    return request.headers.get(HEADER) == "1"


def cost_of(context: Context, started: float) -> dict[str, Any]:
    """SQL statements and their rows, milliseconds since `started`, and the fields that were completed one by one."""
    unit = context.unit
    return {
        "statements": unit.statements if unit else 0,
        "rows": unit.rows if unit else 0,
        "milliseconds": round((perf_counter() - started) * 1000, 1),
        "oneByOne": dict(sorted(context.one_by_one.items())),
    }
