"""A lock that stands for no row: for what has to be done one after the other, and is not there yet."""

from sqlalchemy import Text, bindparam, func, select

from app.db.statement import prepare

# Whoever takes the same `turn` waits until this transaction ends.
TAKE_TURN = prepare(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("turn", type_=Text), 0))))
