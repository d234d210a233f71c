"""Taking long: time for all that may lie under a row, where any other operation would be ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Text, bindparam, func, literal, select

from app.db.statement import Clause, statement
from app.graph.context import Context
from app.time_limits import milliseconds


@asynccontextmanager
async def taking_long(context: Context) -> AsyncIterator[None]:
    """Gives the operation and its statements more time within the block: with the server's limits, which are for reads,
    an organization of a million tasks could never be deleted. How long they wait for a lock stays as it is.
    """
    if context.more_time is None:
        yield
        return
    with context.more_time() as seconds:
        await context.fetch(_limit(), {"timeout": milliseconds(seconds)})
        yield
        # Where the block raises, the savepoint around it takes this back.
        await context.fetch(_limit(), {"timeout": milliseconds(context.signed_in.database.limits.statement)})


@statement
def _limit() -> Clause:
    return select(func.set_config("statement_timeout", bindparam("timeout", type_=Text), literal(True)))
