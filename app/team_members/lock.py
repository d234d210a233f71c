"""Locking what is of a team, or is one, and finding what the actor is there."""

from collections.abc import Sequence
from uuid import UUID

from app.auth.guards import require_row
from app.db.record import Row, Selected
from app.db.source import Source
from app.graph.context import Context
from app.graph.ids import parse_id
from app.graph.select import Key
from app.team_members.loaders import actor_roles_by_team, actor_roles_to_restore
from app.teams.loaders import TEAMS
from app.trash.lock import rows_to_restore
from app.writing.rows import rows_for_update, rows_to_delete


async def row_with_role(
    context: Context, source: Source[Row], given: str, noun: str, *texts: str, deleted: bool = False
) -> tuple[Row, str | None]:
    """The locked row that the argument `id` names, with the actor's role in its team; raises NotFound.

    Of its long columns the row has `texts`.
    """
    ((row, role),) = await rows_with_roles(context, source, [parse_id(given, "id")], *texts, deleted=deleted)
    return require_row(row, f"deleted {noun}" if deleted else noun), role


async def rows_with_roles(
    context: Context, source: Source[Row], ids: Sequence[UUID], *texts: str, deleted: bool = False
) -> list[tuple[Row | None, str | None]]:
    """The locked row of each id, live or `deleted`, with what the actor is in its team, or was when that was deleted.

    None in place of a row that the caller does not have, and of a role where there is no team or they are not in it.
    Of its long columns a row has `texts`.
    """
    lock, roles = (rows_to_restore, actor_roles_to_restore) if deleted else (rows_for_update, actor_roles_by_team)
    rows = await lock(context, source, ids, *texts)
    teams = [None if row is None else team_of(row) for row in rows]
    return list(zip(rows, await context.load_many(roles, teams), strict=True))


async def row_to_delete(context: Context, source: Source[Row], given: str, noun: str) -> tuple[Row, str | None]:
    """The row that the argument `id` names, locked or deleted already, with the actor's role; raises NotFound."""
    ((row, role),) = await rows_to_delete_with_roles(context, source, [parse_id(given, "id")])
    return require_row(row, noun), role


async def rows_to_delete_with_roles(
    context: Context, source: Source[Row], ids: Sequence[UUID]
) -> list[tuple[Row | None, str | None]]:
    """The row of each id, locked or deleted already, with what the actor is in its team, or was when that was deleted.

    None in place of a row that the caller does not have.
    """
    rows = await rows_to_delete(context, source, ids)
    live = [None if row is None or row["deleted_at"] else team_of(row) for row in rows]
    deleted = [None if row is None or not row["deleted_at"] else team_of(row) for row in rows]
    now, before = (
        await context.load_many(actor_roles_by_team, live),
        await context.load_many(actor_roles_to_restore, deleted),
    )
    return [(row, one or other) for row, one, other in zip(rows, now, before, strict=True)]


def team_of(row: Selected) -> Key | None:
    """The team that the row is, or belongs to."""
    team_id = row["id"] if row.typename == TEAMS.typename else row.get("team_id", None)
    return None if team_id is None else Key(row["organization_id"], team_id)
