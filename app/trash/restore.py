"""Restoring: deleted rows come back, and with them exactly what their deletion took."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.db.source import Source
from app.graph.context import Context


async def restore_rows(context: Context, source: Source, rows: Sequence[Any]) -> Counter[str]:
    """Restores `rows`, deleted and locked by the operation, and what their deletions took under them.

    Answers how many rows of each table are back. Records an event for each of `rows`. Raises NotFound where the time
    to restore is over, and Rejected where what a row belongs to is deleted (PARENT_DELETED) or its name has been given
    to another since (TAKEN), with the path `id` for one row and `ids`, `3` for the fourth of several.
    """
    raise NotImplementedError
