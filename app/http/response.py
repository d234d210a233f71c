"""Answers: results and failures as JSON, and how HTTP puts them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from app.errors import AppError
from app.graph.errors import format_error
from app.http.request import WrongMethod
from app.operations.documents import Refused
from app.operations.limits import exceeded

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
LONGEST_ACCEPT = 1_000  # characters that are looked at; browsers send a hundred
WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)")
WRITE = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


@dataclass(frozen=True)
class Answer:
    """What a client is told."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    codes: Sequence[str] = ()  # of the errors in it

    def to(self, request: Request, request_id: str, headers: dict[str, str]) -> Response:
        """The answer in the media type that the request prefers, with `headers` beside its own."""
        fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Request-Id": request_id}
        media_type = f"{media_type_for(request)}; charset=utf-8"
        return Response(self.body, self.status, headers=fixed | headers | self.headers, media_type=media_type)


def media_type_for(request: Request) -> str:
    """The newer media type where the client names it, and not as its second choice."""
    return _preferred(request.headers.get("accept", "")[:LONGEST_ACCEPT])


@lru_cache(100)
def _preferred(accepted: str) -> str:
    """By weight (RFC 9110 §12.4.2 and §12.5.1); of two with the same one what is named, or comes first."""
    weights: dict[str, float] = {}  # in the order in which they are named
    for one in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        weight = next((found[1] for part in parameters if (found := WEIGHT.fullmatch(part))), "1")
        weights.setdefault(name, float(weight))
    newer = weights.get(GRAPHQL_JSON, 0.0)
    older = next((weights[name] for name in (JSON, "application/*", "*/*") if name in weights), 0.0)
    comes_first = next((name for name in weights if name in (JSON, GRAPHQL_JSON)), JSON) == GRAPHQL_JSON
    return GRAPHQL_JSON if newer > older or (newer == older > 0 and comes_first) else JSON


def shown(result: ExecutionResult, extensions: dict[str, Any], *, most_errors: int) -> dict[str, Any]:
    """The body for an operation that has been run."""
    errors = {"errors": _formatted(result.errors[:most_errors])} if result.errors else {}
    return {**errors, "data": result.data, **({"extensions": extensions} if extensions else {})}


def answer_of(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """The answer with this body."""
    codes = list(dict.fromkeys(error["extensions"]["code"] for error in body.get("errors", ())))
    return Answer(orjson.dumps(body, option=WRITE), status, headers or {}, codes)


def bounded(answer: Answer, *, most: int) -> Answer:
    """The answer; raises Refused, to be called before anything is committed, where it has more than `most` bytes."""
    size = len(answer.body)
    if size > most:
        raise Refused([exceeded("bytes in its answer", "max_answer", most, size)])
    return answer


def failed(request: Request, error: Exception, *, most_errors: int) -> Answer:
    """The answer where an error ended the whole request; what was not foreseen is masked and logged."""
    if isinstance(error, Refused):
        # The older media type keeps 200 for whatever is GraphQL at all; the newer one says it by the status.
        status = 400 if media_type_for(request) == GRAPHQL_JSON else 200
        return answer_of({"errors": _formatted(error.errors[:most_errors])}, status)
    body = {"errors": [format_error(GraphQLError("", original_error=error))]}
    return answer_of(body, error.status, _headers(error)) if isinstance(error, AppError) else answer_of(body, 500)


def _formatted(errors: list[GraphQLError]) -> list[dict[str, Any]]:
    return [format_error(error) for error in errors]


def _headers(error: AppError) -> dict[str, str]:
    if isinstance(error, WrongMethod):
        return {"Allow": "POST"}
    if error.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="trellis", error="invalid_token"'}
    wait = error.extensions.get("retryAfter", 1 if error.status == 503 else None)  # seconds
    return {} if wait is None else {"Retry-After": str(wait)}
