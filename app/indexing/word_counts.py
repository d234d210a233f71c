"""Counting in how many texts of an organization each word is: a task of its own, which holds up nothing else.

Whoever embeds texts notes how many. The words are counted anew where a tenth of the texts have changed, which takes two
seconds for 100,000. As in the queues, who counts holds no lock but moves `due_at` on, and passes the organization by
that way for a while where it fails.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Interval, Text, Uuid, any_, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.db.analyze import analyze
from app.db.columns import table_of
from app.db.engine import Database
from app.db.statement import Clause, Fetch, statement
from app.indexing.queue import embedding
from app.log import named
from app.queues.background import is_away
from app.queues.turns import next_in_turn, turn
from app.search.models import SearchWordTotal

logger = logging.getLogger("trellis")

totals = table_of(SearchWordTotal)

LEASE = timedelta(minutes=15)  # longer than counting both kinds of texts may take
REST = timedelta(hours=1)  # after a failure: what took too long will so again
NOBODY = UUID(int=0)

# In the words of the index.
due = (
    (totals.c.changed > literal_column("0"))
    & (totals.c.changed * literal_column("10") >= totals.c.texts)
    & (totals.c.due_at <= func.now())
)


class WordCounter:
    """Counts in one organization after the other. Two processes never count in the same one."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._last = NOBODY

    async def work(self) -> bool:
        """Counts the words of the next organization in which that is due; whether there was one.

        What fails there is logged, and keeps no other organization waiting.
        """
        async with embedding(self.database) as fetch:
            organization_id = await next_in_turn(fetch, _turn(), self._last)
        if organization_id is None:
            return False
        self._last = organization_id
        kinds = await self._put_off(organization_id, LEASE)
        try:
            await self._count(organization_id, kinds)
        except Exception as error:
            if is_away(error):
                raise
            logger.warning("words of %s could not be counted and will be in an hour: %s", organization_id, named(error))
            await self._put_off(organization_id, REST, kinds)
        return True

    async def _put_off(self, organization_id: UUID, wait: timedelta, kinds: Sequence[str] = ()) -> list[str]:
        values = {"organization_id": organization_id, "wait": wait, "kinds": kinds}
        async with embedding(self.database, organization_id) as fetch:
            return [row["kind"] for row in await fetch(_put_off(), values)]

    async def _count(self, organization_id: UUID, kinds: Sequence[str]) -> None:
        for kind in kinds:
            async with embedding(self.database, organization_id) as fetch:
                await fetch(_count(), {"organization_id": organization_id, "kind": kind})
        # So many texts are new that the tables may be others, too.
        async with self.database.lent() as connection:
            await analyze(connection)


async def note_changes(fetch: Fetch, organization_id: UUID, kind: str, changed: int) -> None:
    """Notes that `changed` of the organization's texts are new or others. Nobody who counts keeps it waiting."""
    await fetch(_note(), {"organization_id": organization_id, "kind": kind, "changed": changed})


@statement
def _turn() -> Clause:
    return turn(totals, due)


@statement
def _put_off() -> Clause:
    """Those that are due, or are of these kinds."""
    mine = totals.c.kind == any_(bindparam("kinds", type_=ARRAY(Text)))
    return (
        update(totals)
        .where(totals.c.organization_id == bindparam("organization_id", type_=Uuid), due | mine)
        .values(due_at=func.now() + bindparam("wait", type_=Interval))
        .returning(totals.c.kind)
    )


@statement
def _note() -> Clause:
    noted = upsert(totals).values(
        organization_id=bindparam("organization_id", type_=Uuid),
        kind=bindparam("kind", type_=Text),
        texts=literal_column("0"),
        changed=bindparam("changed", type_=Integer),
    )
    more = {"changed": totals.c.changed + noted.excluded.changed}
    return noted.on_conflict_do_update(index_elements=["organization_id", "kind"], set_=more).returning(totals.c.texts)


@statement
def _count() -> Clause:
    organization_id, kind = bindparam("organization_id", type_=Uuid), bindparam("kind", type_=Text)
    return select(func.trellis_count_words(organization_id, kind).label("counted"))
