"""Writing the texts that search reads, in the transaction that writes their rows, and queueing them to be embedded."""

from collections.abc import Collection
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ARRAY, CTE, ColumnElement, Uuid, any_, bindparam, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.dialects.postgresql import insert as upsert

from app.db.columns import Expression, table_of
from app.db.statement import Fetch, Statement, prepare
from app.search.models import EmbeddingJob, SearchText
from app.search.searchable import Searchable

texts = table_of(SearchText)
jobs = table_of(EmbeddingJob)

SUBJECT = ("organization_id", "kind", "subject_id")


async def write_texts(fetch: Fetch, searchable: Searchable, organization_id: UUID, ids: Collection[UUID]) -> int:
    """Reads the texts of these rows, of one organization, into what is searched; answers how many are new or different.

    Each of those is queued to be embedded, however often that failed before. One statement.
    """
    return len(await fetch(_write(searchable), {"organization_id": organization_id, "ids": list(ids)}))


@lru_cache(10)
def _write(searchable: Searchable) -> Statement:
    changed = _changed(searchable)
    columns = [*SUBJECT, "due_at", "attempts"]
    queued = upsert(jobs).from_select(columns, select(*changed.c, func.now(), literal_column("0")))
    # A text that is written again and again has waited since the first time; one that was given up waits from now on.
    waiting_since = func.coalesce(case((jobs.c.parked_at.is_(None), jobs.c.waiting_since)), func.now())
    given = {name: queued.excluded[name] for name in ("due_at", "attempts", "error", "parked_at")}
    anew = {**given, "waiting_since": waiting_since}
    return prepare(queued.on_conflict_do_update(index_elements=SUBJECT, set_=anew).returning(jobs.c.subject_id))


def _changed(searchable: Searchable) -> CTE:
    """Those whose text is not what was read of it before. In the order of their ids, so that two operations on the same
    rows cannot wait for each other."""
    table = searchable.table
    wanted = (
        select(
            table.c.organization_id,
            literal_column(f"'{searchable.kind}'"),
            table.c.id,
            content_of(searchable),
            content_hash(searchable),
        )
        .where(
            table.c.organization_id == bindparam("organization_id", type_=Uuid),
            table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        )
        .order_by(table.c.id)
    )
    written = upsert(texts).from_select([*SUBJECT, "content", "content_hash"], wanted)
    return (
        written.on_conflict_do_update(
            index_elements=SUBJECT,
            set_={name: written.excluded[name] for name in ("content", "content_hash")},
            where=texts.c.content_hash != written.excluded.content_hash,
        )
        .returning(*(texts.c[name] for name in SUBJECT))
        .cte("changed")
    )


def content_of(searchable: Searchable) -> Expression:
    """The words of a row's text."""
    return words_of(searchable.title, "A").concat(words_of(_body(searchable), "B"))


def words_of(text: Expression, letter: str) -> Expression:
    """The words of a text as search knows them, of texts and of queries: those of a title are A, of a body B.

    What words are also called, such as all parts of one together, weighs less than what is written: C and D.
    """
    return func.trellis_words(text, literal_column(f"'{letter}'"), type_=TSVECTOR)


def parts_of(text: Expression) -> Expression:
    """A text as its words are read in their order, for PostgreSQL to parse: without accents, and in their parts."""
    return func.trellis_parts(func.trellis_plain(text))


def content_hash(searchable: Searchable) -> ColumnElement[bytes]:
    """The hash of a row's text, by which a text that is as it was is known."""
    return func.sha256(func.convert_to(whole_text(searchable), literal_column("'UTF8'")))


def whole_text(searchable: Searchable) -> ColumnElement[str]:
    """The text of a row as it is embedded: the title, and the body below it."""
    return searchable.title + literal_column("E'\\n'") + _body(searchable)


def has_words(text: str) -> bool:
    """Whether a model can make something of it: of signs and emoji alone each makes another thing, or an error."""
    return any(letter.isalnum() for letter in text)


def _body(searchable: Searchable) -> ColumnElement[str]:
    return func.coalesce(searchable.body, literal_column("''"))
