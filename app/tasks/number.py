"""Numbering tasks: each team counts its own from 1 on, and skips none."""

from collections.abc import Mapping

from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, func, select, update

from app.db.columns import table_of
from app.db.statement import Clause, statement_of
from app.graph.context import Context
from app.graph.select import Key, key_columns, key_values
from app.teams.loaders import TEAMS
from app.teams.models import Team

teams = table_of(Team)


async def take_numbers(context: Context, amounts: Mapping[Key, int]) -> dict[Key, int]:
    """The first of as many new numbers as each team needs; a team that has been deleted meanwhile is missing.

    The team's row stays locked until the commit, so numbers are given in commit order, and one that was rolled back is
    given again: none is skipped. Teams are locked in the order of their ids, so that two operations on the same ones
    cannot wait for each other; a team that is being deleted takes no more tasks.
    """
    rows = await context.fetch(_take(), key_values(list(amounts)) | {"amounts": list(amounts.values())})
    newest = {Key(row.organization_id, row.id): row.last_number for row in rows}
    return {team: number - amounts[team] + 1 for team, number in newest.items()}


@statement_of(TEAMS)
def _take() -> Clause:
    needed = (
        func.unnest(*key_columns(), bindparam("amounts", type_=ARRAY(Integer)))
        .table_valued("organization_id", "id", "amount")
        .render_derived("needed")
    )
    locked = (
        select(teams.c.organization_id, teams.c.id, needed.c.amount)
        .join(needed, (needed.c.organization_id == teams.c.organization_id) & (needed.c.id == teams.c.id))
        .where(
            needed.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))),
            teams.c.deleted_at.is_(None),
        )
        .order_by(teams.c.id)
        .with_for_update(of=teams, key_share=True)
        .cte("locked")
    )
    return (
        update(teams)
        .where(teams.c.organization_id == locked.c.organization_id, teams.c.id == locked.c.id)
        .values(last_number=teams.c.last_number + locked.c.amount)
        .returning(teams.c.organization_id, teams.c.id, teams.c.last_number)
    )
