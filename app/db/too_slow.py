"""What PostgreSQL does not do in time: a statement, or giving it a lock."""

import asyncpg

from app.errors import AppError

TIMED_OUT = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)


class StatementTooSlow(AppError):
    """A statement or a lock took longer than the settings allow."""

    code = "TIMEOUT"
    status = 503

    def __init__(self) -> None:
        super().__init__("The database took too long: ask for less, or try again.")
