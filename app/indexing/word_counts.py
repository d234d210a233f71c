"""Counting in how many texts of an organization each word is, in the background."""

from functools import lru_cache
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.db.columns import table_of
from app.db.statement import Fetch, Statement, prepare
from app.search.models import SearchWordTotal

totals = table_of(SearchWordTotal)


async def count_words(fetch: Fetch, organization_id: UUID, kind: str, changed: int) -> bool:
    """Notes that `changed` of the organization's texts are new or others, and counts its words anew where a tenth of
    its texts are by now; answers whether it did.

    Needs the identity of the organization. Counting takes two seconds for 100,000 texts, and nobody waits for it but
    who counts too.
    """
    values = {"organization_id": organization_id, "kind": kind}
    await fetch(_note(), values | {"changed": changed})
    (row,) = await fetch(_count(), values)
    counted: bool = row["counted"]
    return counted


@lru_cache(1)
def _note() -> Statement:
    noted = upsert(totals).values(
        organization_id=bindparam("organization_id", type_=Uuid),
        kind=bindparam("kind", type_=Text),
        texts=literal_column("0"),
        changed=bindparam("changed", type_=Integer),
    )
    more = {"changed": totals.c.changed + noted.excluded.changed}
    return prepare(
        noted.on_conflict_do_update(index_elements=["organization_id", "kind"], set_=more).returning(totals.c.texts)
    )


@lru_cache(1)
def _count() -> Statement:
    organization_id, kind = bindparam("organization_id", type_=Uuid), bindparam("kind", type_=Text)
    return prepare(select(func.trellis_count_words(organization_id, kind).label("counted")))
