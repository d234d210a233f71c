"""Noting in a mutation which rows' texts it wrote: an operation's are written together, before its events."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from app.db.record import NounRow
from app.db.unit_of_work import Turn
from app.graph.context import Context
from app.indexing.search_texts import write_texts
from app.search.searchable import Searchable


class Noted(NamedTuple):
    """A row whose text is to be written before the operation commits."""

    organization_id: UUID
    id: UUID
    searchable: Searchable


def note_texts(context: Context, searchable: Searchable, rows: Iterable[NounRow]) -> None:
    """Notes that `rows` are new or have another text."""
    unit = context.signed_in
    unit.pending += [Noted(row.organization_id, row.id, searchable) for row in rows]

    async def write() -> None:
        await _write(context)

    unit.before_commit[Turn.TEXTS] = write


async def _write(context: Context) -> None:
    """A statement for each kind of row in each organization; organizations in the order of their ids, as events are."""
    unit = context.signed_in
    noted = defaultdict(set)
    for one in sorted((one for one in unit.pending if isinstance(one, Noted)), key=lambda one: one.organization_id):
        noted[one.organization_id, one.searchable].add(one.id)
    unit.pending[:] = [one for one in unit.pending if not isinstance(one, Noted)]
    for (organization_id, searchable), ids in noted.items():
        if await write_texts(context.fetch, searchable, organization_id, ids) and context.models is not None:
            unit.after_commit.add(context.models.wake)
