"""Noting when API keys were last used: now and then, for all of them at once, beside what they are used for."""

import asyncio
import logging

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, select

from app.db.engine import Database
from app.db.identity import Uses
from app.db.statement import Clause, statement

logger = logging.getLogger("trellis")

PAUSE = 60.0  # seconds between two notes of a server: one statement, however many keys and requests there are


async def note_uses_regularly(database: Database, uses: Uses) -> None:
    """Notes once a minute until it is cancelled, and once more then; what fails is logged and noted the next time."""
    try:
        while True:
            await asyncio.sleep(PAUSE)
            await _try_to_note(database, uses)
    finally:
        await _try_to_note(database, uses)


async def _try_to_note(database: Database, uses: Uses) -> None:
    try:
        await note_uses(database, uses)
    except Exception:  # whatever it is, the next minute may be better
        logger.exception("the last uses of API keys could not be noted and will be tried again")


async def note_uses(database: Database, uses: Uses) -> None:
    """Writes when each key was last used, and takes out of `uses` what is written."""
    noted = dict(uses)
    if not noted:
        return
    organization_ids, ids = (list(column) for column in zip(*noted, strict=True))
    values = {"organization_ids": organization_ids, "ids": ids, "moments": list(noted.values())}
    async with database.lent() as connection:
        await connection.execute(_note().text, *_note().arguments(values))
    for key, moment in noted.items():
        if uses[key] == moment:  # otherwise it has been used since
            del uses[key]


@statement
def _note() -> Clause:
    return select(
        func.trellis_note_uses(
            bindparam("organization_ids", type_=ARRAY(Uuid)),
            bindparam("ids", type_=ARRAY(Uuid)),
            bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
        )
    )
