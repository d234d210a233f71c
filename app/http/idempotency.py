"""Mutations that are sent again: how a client says so, and what is asked of whoever remembers their answers."""

import re
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import orjson
from starlette.requests import Request

from app.db.unit_of_work import Unit
from app.http.request import BadRequest, Envelope

KEY = re.compile(r"[ -~]{1,255}")  # printable ASCII
# What may be otherwise the next time: the same request is not bound to fail for these again.
PASSING = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT", "CONFLICT"}


class KeyedRequest(NamedTuple):
    """A mutation under the key that the client has for all its attempts; `fingerprint` tells it from others."""

    key: str
    fingerprint: bytes


class Retries(Protocol):
    """Remembers the answers of mutations for their actors."""

    async def recall(self, unit: Unit, keyed: KeyedRequest) -> bytes | None:
        """The body of the first answer; None where this is the first attempt.

        Raises an AppError where the key is another request's, where the first attempt is still running, or where its
        answer cannot be given again.
        """

    async def keep(self, unit: Unit, keyed: KeyedRequest, body: bytes) -> None:
        """Has the answer remembered if, and only if, the operation is committed."""


def keyed_request_of(request: Request, envelope: Envelope, document: str) -> KeyedRequest | None:
    """What the header `Idempotency-Key` says of a request for the document with this hash; None where there is none.

    Raises BadRequest.
    """
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or not KEY.fullmatch(keys[0]):
        raise BadRequest("`Idempotency-Key` must be one text of 1 to 255 printable ASCII characters.")
    asked = [envelope.operation_name, document, envelope.variables]
    try:
        fingerprint = sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).digest()
    except orjson.JSONEncodeError:  # it reads deeper than it writes
        raise BadRequest("`variables` are nested too deeply.") from None
    return KeyedRequest(keys[0], fingerprint)


def may_pass(unit: Unit, body: dict[str, Any]) -> bool:
    """Whether nothing was written, for a reason that may be gone the next time: then there is nothing to remember."""
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    return not unit.wrote and not codes.isdisjoint(PASSING)
