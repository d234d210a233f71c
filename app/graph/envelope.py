"""What a client sends around its document: read, checked, and refused with a reason."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request

from app.db.row import new_id
from app.errors import AppError

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class BadRequest(AppError):
    """Not a GraphQL request."""

    code = "BAD_REQUEST"
    status = 400


class BodyTooLarge(BadRequest):
    status = 413


class WrongMethod(BadRequest):
    status = 405


class WrongMediaType(BadRequest):
    status = 415


@dataclass(frozen=True)
class Envelope:
    """What a client asks for."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def request_id_of(request: Request) -> str:
    """The header `X-Request-Id`, by which a proxy or client finds the request again; a new id where it has none."""
    given = request.headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else str(new_id())


async def read(request: Request, largest: int) -> Envelope:
    """The request's envelope, whose body may have `largest` bytes; raises BadRequest or one of its kinds."""
    if request.method in ("GET", "HEAD"):
        return _checked(_from_url(request.url.query))
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if essence != "application/json":
        raise WrongMediaType("Send the request as JSON, with `Content-Type: application/json`.")
    return _checked(_from_json(await _body(request, largest)))


async def _body(request: Request, largest: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise BodyTooLarge(f"The body is larger than {largest} bytes.")
    except ClientDisconnect as error:
        raise BadRequest("The request ended before its body did.") from error
    return bytes(body)


def _from_url(query: str) -> dict[str, Any]:
    envelope: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    for name in ("variables", "extensions"):
        if name in envelope:
            envelope[name] = _from_json(envelope[name].encode()) if envelope[name] else None
    return envelope


def _from_json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadRequest("The request is not valid JSON in UTF-8.") from None


def _checked(envelope: Any) -> Envelope:
    if not isinstance(envelope, dict):
        raise BadRequest("The body must be one JSON object with a `query`; batches are not taken.")
    query, variables = envelope.get("query"), envelope.get("variables")
    name, extensions = envelope.get("operationName"), envelope.get("extensions")
    if not isinstance(query, str) or not query:
        raise BadRequest("`query` must be the text of a GraphQL document.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest("`operationName` must be a string.")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("`extensions` must be an object.")
    return Envelope(query, variables or {}, name or None)
