"""Finding out what an id names."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, literal_column, null, select, true, union_all

from app.db.source import Source
from app.db.statement import Statement, prepare
from app.graph.context import Context
from app.graph.node import Node
from app.graph.select import Key, scoped


class Place(NamedTuple):
    """Which noun's rows hold an id, and under which key."""

    noun: type[Node]
    key: Key


async def place_of_id(context: Context, ids: Sequence[UUID]) -> list[Place | None]:
    """Where each id is found among the live rows that the caller may see; one statement for all nouns."""
    rows = await context.fetch(_places(), {"ids": list(ids)})
    nouns = {noun.source.typename: noun for noun in Node.__subclasses__()}
    found = {row["id"]: Place(nouns[row["noun"]], Key(row["organization_id"], row["id"])) for row in rows}
    return [found.get(row_id) for row_id in ids]


@lru_cache(1)
def _places() -> Statement:
    return prepare(union_all(*(_place(noun.source) for noun in Node.__subclasses__())))


def _place(source: Source) -> Any:
    columns = source.columns
    wanted = columns["id"] == any_(bindparam("ids", type_=ARRAY(Uuid)))
    noun: ColumnElement[str] = literal_column(f"'{source.typename}'").label("noun")
    if "organization_id" not in columns:  # people belong to none; whether they may be seen is their loader's to say
        return select(noun, columns["id"].label("id"), null().label("organization_id")).where(wanted)
    place = select(noun, columns["id"].label("id"), columns["organization_id"].label("organization_id"))
    present = columns["deleted_at"].is_(None) if "deletion_id" in columns else true()  # some cannot be deleted
    return place.where(scoped(source), wanted, present)
