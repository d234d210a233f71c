"""Keyset cursors: the place of a row in an ordered list, opaque to clients and checked when it comes back."""

import base64
import binascii
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import SmallInteger
from sqlalchemy.types import TypeEngine

from app.graph.errors import BadUserInput
from app.graph.ids import parse_id

Position = tuple[Any, UUID]  # the value of the order's column, and the id that tells equal ones apart
LONGEST = 2000  # characters; a title of 200 in four-byte letters stays below


def encode(listed: str, value: Any, row_id: UUID) -> str:
    """A cursor of the list `listed` (type and order)."""
    return base64.urlsafe_b64encode(orjson.dumps([listed, value, str(row_id)])).decode()


def decode(listed: str, cursor: str, argument: str, column_type: TypeEngine[Any]) -> Position:
    """Where the cursor stands; raises BadUserInput where it is broken or belongs to another list."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        tag, value, row_id = orjson.loads(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
        if tag != listed:
            raise ValueError
        return _value(value, column_type), parse_id(row_id, argument)
    except (ValueError, TypeError, binascii.Error, BadUserInput):
        raise BadUserInput(
            f"`{argument}` is not a cursor of this list: pass a cursor that the same field gave, in the same order."
        ) from None


def _value(value: Any, column_type: TypeEngine[Any]) -> Any:
    expected = column_type.python_type
    if expected is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if expected is date:
        return date.fromisoformat(value)
    if type(value) is not expected or (expected is str and "\0" in value):
        raise ValueError
    bits = 15 if isinstance(column_type, SmallInteger) else 31
    if expected is int and not -(2**bits) <= value < 2**bits:
        raise ValueError
    return value
