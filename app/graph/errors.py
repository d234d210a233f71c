"""What leaves the server as an error: foreseen ones with their code, the rest masked under an id that the log has."""

import logging
import re
from typing import Any
from uuid import uuid4

import orjson
from graphql import GraphQLError

from app.errors import AppError

logger = logging.getLogger("trellis")

PYTHONS_NULL = re.compile(r"to be None\.$")  # as graphql-core ends a sentence
MASKED = "Something went wrong on the server. Its log has the details under this errorId."


LONGEST_QUOTE = 120  # characters


def quoted(value: object) -> str:
    """What a client has sent, as JSON on one line, for a message: of a long one the beginning."""
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


class BadUserInput(AppError):
    """An argument that cannot be used; the message says which one and what it should be."""

    code = "BAD_USER_INPUT"
    status = 400


def format_error(error: GraphQLError) -> dict[str, Any]:
    """The error as the specification shapes it: message, locations, path, extensions with a code."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    if isinstance(original, AppError):
        return _shaped(error, original.message, original.extensions)
    if original is None:
        # With a path the operation is under way: a variable turned out not to fit the argument it was given for.
        code = BadUserInput.code if error.path else "GRAPHQL_VALIDATION_FAILED"
        message = PYTHONS_NULL.sub("to be null.", error.message)
        return _shaped(error, message, {"code": code, **(error.extensions or {})})
    error_id = str(uuid4())
    logger.error("masked error %s", error_id, exc_info=original)
    return _shaped(error, MASKED, {"code": "INTERNAL_SERVER_ERROR", "errorId": error_id})


def _shaped(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {"message": message}
    if error.locations:
        shaped["locations"] = [{"line": location.line, "column": location.column} for location in error.locations]
    if error.path:
        shaped["path"] = error.path
    shaped["extensions"] = extensions
    return shaped
