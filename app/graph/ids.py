"""Ids from outside: hostile until they have been parsed."""

from uuid import UUID

from app.graph.errors import BadUserInput

LENGTH = 36  # 8-4-4-4-12; Python's parser would also take braces, "urn:uuid:" and no dashes at all


def parse_id(value: str, argument: str) -> UUID:
    """The UUID that `value` spells; raises BadUserInput naming `argument`."""
    try:
        if len(value) != LENGTH:
            raise ValueError
        return UUID(value)
    except ValueError:
        raise BadUserInput(f"`{argument}` is not an id: ids are UUIDs such as those in `id` fields.") from None
