"""Giving a team another key: the keys that its tasks had before still find them."""

from sqlalchemy import Text, Uuid, bindparam
from sqlalchemy.dialects.postgresql import insert

from app.db.columns import now, table_of
from app.db.statement import Clause, statement
from app.graph.context import Context
from app.teams.models import FormerTeamKey
from app.teams.rows import TeamRow

former_keys = table_of(FormerTeamKey)


async def keep_key(context: Context, team: TeamRow) -> None:
    """Remembers the key that `team` has had until now. One row, however many tasks the team has."""
    values = {"organization_id": team.organization_id, "key": team.key, "team_id": team.id, "created_at": now()}
    await context.fetch(_keep(), values)


@statement
def _keep() -> Clause:
    """A team may have had the same key before: the newer of the two times counts."""
    kept = insert(former_keys).values(
        organization_id=bindparam("organization_id", type_=Uuid),
        key=bindparam("key", type_=Text),
        team_id=bindparam("team_id", type_=Uuid),
        created_at=bindparam("created_at", type_=former_keys.c.created_at.type),
    )
    return kept.on_conflict_do_update(
        index_elements=list(former_keys.primary_key), set_={"created_at": kept.excluded.created_at}
    )
