"""The home directory, in which PostgreSQL's clients look for certificates and passwords of the user's own."""

import os
from contextlib import suppress
from pathlib import Path

FILE = ".postgresql/postgresql.key"  # any of those would do


def pass_by_closed_home() -> None:
    """Goes on as if there were no home where it cannot be looked into, as where HOME is another user's.

    asyncpg takes the refusal for a database that is away, at each connection. It knows what no directory is, though.
    """
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            (Path.home() / FILE).lstat()
    except (RuntimeError, KeyError):
        return  # there is none, which it knows too
    except OSError:
        os.environ["HOME"] = os.devnull
