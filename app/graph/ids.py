"""Ids from outside: hostile until they have been parsed."""

import re
from uuid import UUID

from app.graph.errors import BadUserInput, quoted

# Python's parser would also take braces, "urn:uuid:", underscores and no dashes at all.
FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def parse_id(value: str, argument: str) -> UUID:
    """The UUID that `value` spells; raises BadUserInput naming `argument`."""
    if not FORM.fullmatch(value):
        raise BadUserInput(
            f"`{argument}` is not an id, but {quoted(value)}: ids are UUIDs such as those in `id` fields."
        )
    return UUID(value)
