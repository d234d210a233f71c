"""What a client sends around its document: read, checked, and refused with a reason."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request
from uuid_utils import uuid7

from app.config import Limits
from app.errors import AppError

# One after the other, and not on the event loop: 4 MiB take up to 20 ms, and twenty on the loop held everybody up.
LARGE_BODIES = ThreadPoolExecutor(1, "large-body")
PIECE = 64 * 1024  # bytes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # as some editors and PowerShell put in front
# Of JSON what is escaped: a backslash, both halves of a character, and by itself one half of one.
SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})", re.DOTALL)
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
    """What a client asks for: a document by its text, by the name it is registered under, or by both."""

    query: str | None
    variables: dict[str, Any]
    operation_name: str | None
    document_id: str | None  # a SHA-256 in hexadecimal digits, or an id of a manifest


def request_id_of(request: Request) -> str:
    """The header `X-Request-Id`, by which a proxy or client finds the request again; a new id where it has none."""
    given = request.headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else str(uuid7())


def essence_of(request: Request) -> str:
    """The media type of the body without its parameters, in lower case; empty where the request names none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read(request: Request, limits: Limits, *, signed_in: bool) -> Envelope:
    """The request's envelope; raises BadRequest or one of its kinds. Only who is `signed_in` may send long texts."""
    if request.method in ("GET", "HEAD"):
        return _checked(_from_url(request.url.query))
    if essence_of(request) != "application/json":
        raise WrongMediaType("Send the request as JSON, with `Content-Type: application/json`.")
    body = await _body(request, limits.max_body_with_texts if signed_in else limits.max_body)
    if len(body) > limits.max_body:
        return _checked(await asyncio.get_running_loop().run_in_executor(LARGE_BODIES, _from_large, body, limits))
    return _checked(_from_json(body))


async def _body(request: Request, largest: int) -> bytes:
    """As it comes; one that says to be too large is refused before any of it is asked for or read."""
    if int(request.headers.get("content-length", 0)) > largest:
        raise BodyTooLarge(f"The body is larger than {largest} bytes.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise BodyTooLarge(f"The body is larger than {largest} bytes.")
    except ClientDisconnect as error:
        raise BadRequest("The request ended before its body did.") from error
    return bytes(body)


def _check_frame(body: bytes, largest: int) -> None:
    """Raises BodyTooLarge where there are more than `largest` bytes beside the strings in some JSON.

    A piece at a time: each is gone through with Python's lock, which the event loop may be waiting for.
    """
    start, size, within = 0, 0, False
    while start < len(body):
        piece = body[start : start + PIECE]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece = body[start : start + PIECE + 1]  # with what its last backslash escapes
        start += len(piece)
        # Without escapes each quotation mark begins or ends a string.
        parts = piece.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        size += len(parts) - 1 + sum(map(len, parts[within::2]))
        within ^= len(parts) % 2 == 0
        if size > largest:
            raise BodyTooLarge(f"The body has more than {largest} bytes beside the texts in it.")


def _from_url(query: str) -> dict[str, Any]:
    envelope: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    for name in ("variables", "extensions"):
        if name in envelope:
            envelope[name] = _from_json(envelope[name].encode()) if envelope[name] else None
    return envelope


def _from_large(body: bytes, limits: Limits) -> Any:
    _check_frame(body, limits.max_body)
    return _from_json(body)


def _from_json(text: bytes) -> Any:
    try:
        return orjson.loads(text.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError:
        half = next((one[1] for one in SURROGATES.finditer(text) if one[1]), None)
        if half is None:
            raise BadRequest("The request is not valid JSON in UTF-8.") from None
        raise BadRequest(
            f"A string holds `{half.decode()}`, a surrogate without its other half: send both, or leave it out."
        ) from None


def _checked(envelope: Any) -> Envelope:
    if not isinstance(envelope, dict):
        raise BadRequest("The body must be one JSON object with a `query`; batches are not taken.")
    query, variables = envelope.get("query"), envelope.get("variables")
    name, extensions = envelope.get("operationName"), envelope.get("extensions")
    if isinstance(variables, str):  # in the words of Apollo Server, which people look for
        raise BadRequest(
            "`variables` in a POST body should be provided as an object, not a recursively JSON-encoded string."
        )
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest("`operationName` must be a string.")
    if extensions is not None and not isinstance(extensions, dict):
        raise BadRequest("`extensions` must be an object.")
    document_id = _document_id(envelope, extensions or {})
    if not (isinstance(query, str) and query) and (query or document_id is None):
        raise BadRequest("`query` must be the text of a GraphQL document.")
    return Envelope(query or None, variables or {}, name or None, document_id)


def _document_id(envelope: dict[str, Any], extensions: dict[str, Any]) -> str | None:
    """Apollo's hash, the `documentId` of GraphQL over HTTP, or what Relay's clients call it where they send no text."""
    if extensions.get("persistedQuery") is not None:
        return _apollo_hash(extensions["persistedQuery"])
    names = ("documentId",) if envelope.get("query") else ("documentId", "id", "doc_id")
    found = next((envelope[name] for name in names if envelope.get(name) is not None), None)
    if found is not None and not (isinstance(found, str) and found):
        raise BadRequest("`documentId` must be a string.")
    return None if found is None else found.removeprefix("sha256:")


def _apollo_hash(persisted: Any) -> str:
    if not isinstance(persisted, dict) or not isinstance(persisted.get("sha256Hash"), str):
        raise BadRequest("`extensions.persistedQuery` must be an object with `version` and `sha256Hash`.")
    if persisted.get("version") != 1:
        raise BadRequest("Unsupported persisted query version: only 1 is known.")
    sha256: str = persisted["sha256Hash"]
    return sha256
