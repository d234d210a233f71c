"""Reading texts anew that were read when words were found in another way: a task of its own, after an upgrade.

An organization's texts are read in the order of their ids, some at a time; who reads holds no lock that a search waits
for, and a writer waits for as long as some texts take. 100,000 take a minute or two. Until its turn a text is found by
the words that it had.
"""

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, case, func, literal_column, select, update

from app.db.columns import table_of
from app.db.engine import Database
from app.db.record import Record
from app.db.statement import Clause, Statement, prepare_as, statement, statement_as
from app.indexing.queue import embedding
from app.indexing.search_texts import content_hash, content_of
from app.queues.turns import next_in_turn, turn
from app.search.models import SearchText, SearchWordTotal
from app.search.searchable import Searchable

texts = table_of(SearchText)
totals = table_of(SearchWordTotal)

# Texts, which take some milliseconds; of the longest there are, in scripts without blanks, six seconds: a statement may
# take thirty, and a writer waits two for a lock.
BATCH = 20
NOBODY = UUID(int=0)


class Unread(Record):
    """The texts of an organization that have still to be read, of one kind: those after an id."""

    kind: str
    reread_after: UUID


class Read(Record):
    """How many texts a batch had, and which was its last."""

    amount: int
    last: UUID | None


class Rereader:
    """Reads a batch of one organization after the other. Two processes never read in the same one at once."""

    def __init__(self, database: Database, searchables: Iterable[Searchable]) -> None:
        self.database = database
        self.searchables = {one.kind: one for one in searchables}
        self._last = NOBODY

    async def work(self) -> bool:
        """Reads some texts of the next organization that has such; whether there was one."""
        async with embedding(self.database) as fetch:
            organization_id = await next_in_turn(fetch, _turn(), self._last)
        if organization_id is None:
            return False
        self._last = organization_id
        return await self._read(organization_id)

    async def _read(self, organization_id: UUID) -> bool:
        values = {"organization_id": organization_id}
        async with embedding(self.database, organization_id) as fetch:
            for unread in await fetch(_unread(), values):
                place = values | {"kind": unread.kind, "after": unread.reread_after}
                (read,) = await fetch(_reread(self.searchables[unread.kind]), place)
                await fetch(_move_on(), place | {"last": read.last if read.amount == BATCH else None})
                return True
        return False


@statement
def _turn() -> Clause:
    return turn(totals, totals.c.reread_after.is_not(None))


@statement_as(Unread)
def _unread() -> Clause:
    """Nothing where another process is at it."""
    organization_id = bindparam("organization_id", type_=Uuid)
    key = func.hashtextextended(
        literal_column("'rereading'"), func.uuid_hash_extended(organization_id, literal_column("0"))
    )
    free = select(func.pg_try_advisory_xact_lock(key)).scalar_subquery()
    return (
        select(totals.c.kind, totals.c.reread_after)
        .where(totals.c.organization_id == organization_id, totals.c.reread_after.is_not(None), free)
        .order_by(totals.c.kind)
        .limit(literal_column("1"))
    )


@lru_cache(10)
def _reread(searchable: Searchable) -> Statement[Read]:
    """Locks the next texts in the order of their ids, as who writes them does, and gives them the words of their rows.

    Not where the row is being written meanwhile, and not what is seen of it here: then the text has been read anew.
    """
    table = searchable.table
    mine = (texts.c.organization_id == bindparam("organization_id", type_=Uuid)) & (
        texts.c.kind == literal_column(f"'{searchable.kind}'")
    )
    batch = (
        select(texts.c.subject_id, texts.c.content_hash)
        .where(mine, texts.c.subject_id > bindparam("after", type_=Uuid))
        .order_by(texts.c.subject_id)
        .limit(literal_column(str(BATCH)))
        .with_for_update(key_share=True)
        .cte("batch")
        .prefix_with("MATERIALIZED")
    )
    read = (
        update(texts)
        .values(content=content_of(searchable))
        .where(
            mine,
            texts.c.subject_id == batch.c.subject_id,
            table.c.organization_id == texts.c.organization_id,
            table.c.id == texts.c.subject_id,
            content_hash(searchable) == batch.c.content_hash,
        )
        .returning(texts.c.subject_id)
        .cte("read")
    )
    last = select(batch.c.subject_id).order_by(batch.c.subject_id.desc()).limit(literal_column("1")).scalar_subquery()
    return prepare_as(select(func.count().label("amount"), last.label("last")).select_from(batch).add_cte(read), Read)


@statement
def _move_on() -> Clause:
    """When all have been read their words are counted."""
    last = bindparam("last", type_=Uuid)
    return (
        update(totals)
        .where(
            totals.c.organization_id == bindparam("organization_id", type_=Uuid),
            totals.c.kind == bindparam("kind", type_=Text),
        )
        .values(
            reread_after=last, changed=case((last.is_(None), totals.c.changed + totals.c.texts), else_=totals.c.changed)
        )
        .returning(totals.c.kind)
    )
