"""Finding out what an id names."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    TableValuedAlias,
    Uuid,
    any_,
    bindparam,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from app.db.columns import Rows
from app.db.source import Source
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.graph.node import Node
from app.graph.select import Key, given_keys, key_values


class NodeKey(NamedTuple):
    """Which noun's rows hold an id, and under which key."""

    noun: type[Node]
    key: Key


async def node_key_of_id(context: Context, ids: Sequence[UUID]) -> list[NodeKey | None]:
    """Where each id is found among the rows that the caller may see, deleted or not; one statement for all nouns."""
    keys = [Key(organization_id, row_id) for row_id in ids for organization_id in context.organization_ids]
    rows = await context.fetch(_node_keys(), key_values(keys) | {"ids": list(ids)})
    nouns = {noun.source.typename: noun for noun in Node.__subclasses__()}
    found = {row["id"]: NodeKey(nouns[row["noun"]], Key(row["organization_id"], row["id"])) for row in rows}
    return [found.get(row_id) for row_id in ids]


@statement
def _node_keys() -> Clause:
    """Each organization's primary keys are asked one by one: for a set of both the planner reads whole tenants."""
    sources = [noun.source for noun in Node.__subclasses__()]
    keys = given_keys()
    nouns = union_all(*(_noun(source, keys) for source in sources if "organization_id" in source.columns))
    found = nouns.lateral("found")
    owned = (
        select(found.c.noun, keys.c.id, keys.c.organization_id)
        .select_from(keys.join(found, true()))
        .where(keys.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))))
    )
    return union_all(owned, *(_unowned(source) for source in sources if "organization_id" not in source.columns))


def _noun(source: Source, keys: TableValuedAlias) -> Rows:
    columns = source.columns
    here = (columns["organization_id"] == keys.c.organization_id) & (columns["id"] == keys.c.id)
    return select(_name(source)).where(here).correlate(keys)


def _unowned(source: Source) -> Rows:
    """People belong to no organization; whether they may be seen is their loader's to say."""
    row_id = source.columns["id"]
    wanted = row_id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    return select(_name(source), row_id, null().label("organization_id")).where(wanted)


def _name(source: Source) -> ColumnElement[str]:
    return literal_column(f"'{source.typename}'").label("noun")
