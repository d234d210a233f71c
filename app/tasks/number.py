"""Numbering tasks: each team counts its own from 1 on, and skips none."""

from collections.abc import Mapping

from sqlalchemy import ARRAY, Integer, bindparam, func, select, update

from app.db.columns import table_of
from app.db.statement import Clause, as_few, statement_of
from app.graph.context import Context
from app.graph.select import Key, key_columns, key_values, the_callers
from app.teams.loaders import TEAMS
from app.teams.models import Team
from app.writing.rows import of_keys

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
    amounts = bindparam("amounts", type_=ARRAY(Integer))
    given = func.unnest(*key_columns(), amounts).table_valued("organization_id", "id", "amount")
    needed = as_few(given.render_derived("needed"), func.cardinality(amounts))
    keys = select(needed.c.organization_id, needed.c.id).where(the_callers(needed.c.organization_id))
    row = select(teams.c.organization_id, teams.c.id).where(teams.c.deleted_at.is_(None))
    team = of_keys(row.with_for_update(key_share=True), keys, teams.c.organization_id, teams.c.id).subquery("team")
    same = (team.c.organization_id == needed.c.organization_id) & (team.c.id == needed.c.id)
    locked = select(team, needed.c.amount).join(needed, same).cte("locked")
    return (
        update(teams)
        .where(teams.c.organization_id == locked.c.organization_id, teams.c.id == locked.c.id)
        .values(last_number=teams.c.last_number + locked.c.amount)
        .returning(teams.c.organization_id, teams.c.id, teams.c.last_number)
    )
