"""Settings as the commands read them: what is wrong with a variable is said in one line, by its name."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.config import Settings
from app.refusal import Refusal


class UnusableSettings(Refusal):
    """A variable has a value that cannot be used, or one that is needed is missing."""

    exit_code = 2


def read_settings(**overrides: Any) -> Settings:
    """The environment's settings, with `overrides` in their place."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise UnusableSettings("\n".join(map(_told, error.errors()))) from error


def _told(problem: ErrorDetails) -> str:
    """The variable, the place in its list, and what is wrong; what is wrong with several together says so itself."""
    said = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return said
    name, *places = problem["loc"]
    return f"TRELLIS_{str(name).upper()}{''.join(f'[{place}]' for place in places)}: {said}"


def misspelt() -> Iterator[str]:
    """What is wrong with each variable that is no setting and nearly is one; others may be somebody else's."""
    known = [f"TRELLIS_{name}".upper() for name in Settings.model_fields]
    for name in sorted(os.environ.keys() - {*known}):
        meant = get_close_matches(name, known, n=1, cutoff=0.9) if name.startswith("TRELLIS_") else ()
        yield from (f"{name} is no setting: is {one} meant?" for one in meant)


def database_urls(settings: Settings) -> tuple[str, str] | None:
    """The owner's URL and the server's; None where neither is set, which means the embedded PostgreSQL."""
    owner_url, runtime_url = settings.database_owner_url, settings.database_url
    if owner_url and runtime_url:
        return owner_url, runtime_url
    if not owner_url and not runtime_url:
        return None
    given, missing = ("DATABASE_URL", "DATABASE_OWNER_URL") if runtime_url else ("DATABASE_OWNER_URL", "DATABASE_URL")
    raise UnusableSettings(
        f"TRELLIS_{given} is set and TRELLIS_{missing} is not: set both, or neither to use the embedded PostgreSQL"
    )
