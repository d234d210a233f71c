"""Noting when API keys were last used: now and then, for all of them at once, beside what they are used for."""

import asyncio
import logging
from functools import lru_cache

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, select

from app.db.identity import Identities
from app.db.statement import Statement, prepare

logger = logging.getLogger("trellis")

PAUSE = 60.0  # seconds between two notes of a server: one statement, however many keys and requests there are


async def note_uses_regularly(identities: Identities) -> None:
    """Notes once a minute until it is cancelled, and once more then; what fails is logged and noted the next time."""
    try:
        while True:
            await asyncio.sleep(PAUSE)
            await _try_to_note(identities)
    finally:
        await _try_to_note(identities)


async def _try_to_note(identities: Identities) -> None:
    try:
        await note_uses(identities)
    except Exception:  # whatever it is, the next minute may be better
        logger.exception("the last uses of API keys could not be noted and will be tried again")


async def note_uses(identities: Identities) -> None:
    """Writes when each key was last used, as far as that is not written yet."""
    uses = dict(identities.uses)
    if not uses:
        return
    organization_ids, ids = (list(column) for column in zip(*uses, strict=True))
    values = {"organization_ids": organization_ids, "ids": ids, "moments": list(uses.values())}
    connection = await identities.database.acquire()
    try:
        await connection.execute(_note().text, *_note().arguments(values))
    finally:
        identities.database.release(connection)
    for used, moment in uses.items():
        if identities.uses[used] == moment:
            del identities.uses[used]


@lru_cache(1)
def _note() -> Statement:
    return prepare(
        select(
            func.trellis_note_uses(
                bindparam("organization_ids", type_=ARRAY(Uuid)),
                bindparam("ids", type_=ARRAY(Uuid)),
                bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
            )
        )
    )
