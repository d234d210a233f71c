"""Keyset cursors: the place of a row in an ordered list, opaque to clients and checked when it comes back.

Four bytes say which list (type and order), sixteen are the row's id, the rest is as JSON the value of the column that
the list is sorted by, or an array of them where there are several.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zlib import crc32

import orjson
from sqlalchemy import BigInteger, SmallInteger, TypeDecorator
from sqlalchemy.types import TypeEngine

from app.graph.errors import BadUserInput

Position = tuple[
    Any, ...
]  # the values of the columns that the list is sorted by, and the id that tells equal ones apart
LONGEST = 2000  # characters; a title of 200 in four-byte letters stays below
URL_SAFE = bytes.maketrans(b"+/", b"-_")
TAG, ID = 4, 16  # bytes


def encode(listed: str, positions: Iterable[Position]) -> list[str]:
    """The cursors of some rows of the list `listed`."""
    tag = _tag(listed)
    return [
        binascii.b2a_base64(tag + row_id.bytes + orjson.dumps(values), newline=False).translate(URL_SAFE).decode()
        for values, row_id in ((one[0] if len(one) == 2 else one[:-1], one[-1]) for one in positions)
    ]


def decode(listed: str, cursor: str, argument: str, *column_types: TypeEngine[Any]) -> Position:
    """Where the cursor stands; raises BadUserInput where it is broken or belongs to another list."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        content = b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        if content[:TAG] != _tag(listed):
            raise ValueError
        told = orjson.loads(content[TAG + ID :])
        values = zip([told] if len(column_types) == 1 else told, column_types, strict=True)
        return *(_value(*one) for one in values), UUID(bytes=content[TAG : TAG + ID])
    except (ValueError, TypeError, OverflowError):
        raise BadUserInput(
            f"`{argument}` is not a cursor of this list: pass a cursor that the same field gave, in the same order."
        ) from None


def _tag(listed: str) -> bytes:
    # Not a signature: a forged cursor names a place in a list, and what is read from there on is scoped as always.
    return crc32(listed.encode()).to_bytes(TAG, "big")


def _value(value: Any, column_type: TypeEngine[Any]) -> Any:
    # SQLModel's text is a decorator around SQLAlchemy's, which alone says what Python makes of it.
    plain = column_type.impl_instance if isinstance(column_type, TypeDecorator) else column_type
    expected = plain.python_type
    if expected is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if expected is date:
        return date.fromisoformat(value)
    if type(value) is not expected or (expected is str and "\0" in value):
        raise ValueError
    if expected is int and not -(2 ** _bits(plain)) <= value < 2 ** _bits(plain):
        raise ValueError
    return value


def _bits(integer: TypeEngine[Any]) -> int:
    if isinstance(integer, BigInteger):
        return 63
    return 15 if isinstance(integer, SmallInteger) else 31
