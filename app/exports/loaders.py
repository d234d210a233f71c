"""Reading exports."""

from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, literal_column, or_, select, text, true

from app.db.columns import table_of
from app.db.source import Source
from app.db.statement import Clause, Statement, prepare, statement_of
from app.exports.models import UNFINISHED, Export
from app.exports.rows import ExportRow
from app.graph.context import Context
from app.graph.select import Key, given_keys, key_values, rows_by_key, scoped, the_callers

EXPORTS = Source(Export, ExportRow)

exports = table_of(Export)


async def export_by_id(context: Context, keys: Sequence[Key]) -> list[ExportRow | None]:
    """The export of each key, also one whose file is gone."""
    return await rows_by_key(context, EXPORTS, keys)


async def export_of_organization(context: Context, organizations: Sequence[Key]) -> list[ExportRow | None]:
    """The newest export of each organization that is under way or there."""
    statement = _newest(context.columns(EXPORTS, "organization_id", "id"))
    rows = await context.fetch(statement, key_values(organizations))
    found = {row["ordinal"]: row for row in rows}
    return [found.get(ordinal) for ordinal in range(1, len(organizations) + 1)]


@lru_cache(1000)
def _newest(columns: tuple[str, ...]) -> Statement[ExportRow]:
    keys = given_keys()
    newest = (
        select(*(EXPORTS.columns[name].label(name) for name in columns))
        .where(
            exports.c.organization_id == keys.c.organization_id,
            or_(exports.c.expires_at.is_(None), exports.c.expires_at > func.now()),
        )
        .order_by(exports.c.created_at.desc(), exports.c.id.desc())
        .limit(literal_column("1"))
        .lateral("newest")
    )
    return prepare(
        select(keys.c.ordinal, *newest.c)
        .select_from(keys.join(newest, true()))
        .where(the_callers(keys.c.organization_id)),
        EXPORTS,
    )


async def unfinished_export(context: Context, organization_id: UUID) -> ExportRow | None:
    """The locked row of the organization's export that is under way; None where there is none."""
    rows = await context.fetch(_unfinished(), {"organization_id": organization_id})
    return rows[0] if rows else None


@statement_of(EXPORTS)
def _unfinished() -> Clause:
    return (
        select(exports)
        .where(scoped(EXPORTS), exports.c.organization_id == bindparam("organization_id", type_=Uuid), text(UNFINISHED))
        .with_for_update(key_share=True)
    )
