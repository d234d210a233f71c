"""GraphQL over HTTP: a request in, an answer out."""

from datetime import timedelta
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from starlette.requests import Request
from starlette.responses import Response

from app.auth.backend import claims_of
from app.auth.tokens import Tokens
from app.db.engine import Database
from app.db.identity import Identities
from app.db.unit import Unit
from app.errors import AppError
from app.graph.context import Context
from app.graph.envelope import Envelope, WrongMethod, read
from app.graph.errors import format_error
from app.graph.operations import Document, Documents, Refused, execute, is_query
from app.graph.page import page, wants_page
from app.graph.text import nul_errors

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
LONGEST_ERROR_LIST = 20  # one mistake in a long list would otherwise be told a thousand times
WRITE = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


class Endpoint:
    """Answers at /graphql; `token` goes into the headers that GraphiQL opens with."""

    def __init__(
        self,
        schema: GraphQLSchema,
        database: Database,
        tokens: Tokens,
        *,
        retention: timedelta,
        playground: bool,
        token: str | None,
    ) -> None:
        self.schema = schema
        self.documents = Documents(schema)
        self.database = database
        self.identities = Identities(database)
        self.tokens = tokens
        self.retention = retention
        self.playground = playground
        self.token = token

    async def answer(self, request: Request) -> Response:
        if self.playground and wants_page(request):
            return page(request, token=self.token)
        try:
            result = await self._result(request)
        except Refused as refused:
            # The older media type keeps 200 for whatever is GraphQL at all; the newer one says it by the status.
            status = 400 if _media_type(request) == GRAPHQL_JSON else 200
            return _response(request, {"errors": _formatted(refused.errors)}, status)
        except AppError as error:
            return _response(request, {"errors": [_wrapped(error)]}, error.status, _headers(error))
        except Exception as error:  # noqa: BLE001  # the last line of defence: masked and logged, never shown
            return _response(request, {"errors": [_wrapped(error)]}, 500)
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body = {"errors": _formatted(result.errors), **body}
        return _response(request, body, 200)

    async def _result(self, request: Request) -> ExecutionResult:
        envelope = await read(request)
        document = self.documents.get(envelope.query)
        errors = document.errors or nul_errors(envelope.variables)
        if errors:
            raise Refused(errors)
        writes = not is_query(document.operation(envelope.operation_name))
        if writes and request.method != "POST":
            raise WrongMethod("Only queries may be sent by GET: send this operation by POST.")
        claims = await claims_of(request.headers, self.tokens)
        if claims is None:
            return await self._run(document, envelope, None)
        unit = Unit(self.database, await self.identities.actor(claims), writes=writes)
        try:
            await unit.begin()
            self.identities.remember(claims.subject, unit.actor)
            result = await self._run(document, envelope, unit)
            if writes:
                await unit.commit()
            return result
        finally:
            await unit.end()

    async def _run(self, document: Document, envelope: Envelope, unit: Unit | None) -> ExecutionResult:
        context = Context(unit, document.asked, retention=self.retention)
        return await execute(self.schema, document, context, envelope.variables, envelope.operation_name)


def _media_type(request: Request) -> str:
    """The newer media type where the client names it, and not as its second choice."""
    accepted = request.headers.get("accept", "")
    position, other = accepted.find(GRAPHQL_JSON), accepted.find(JSON)
    return GRAPHQL_JSON if position >= 0 and (other < 0 or position < other) else JSON


def _wrapped(error: Exception) -> dict[str, Any]:
    return format_error(GraphQLError("", original_error=error))


def _formatted(errors: list[GraphQLError]) -> list[dict[str, Any]]:
    return [format_error(error) for error in errors[:LONGEST_ERROR_LIST]]


def _response(request: Request, body: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body, option=WRITE),
        status,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
        media_type=f"{_media_type(request)}; charset=utf-8",
    )


def _headers(error: AppError) -> dict[str, str]:
    if isinstance(error, WrongMethod):
        return {"Allow": "POST"}
    if error.status == 401:
        return {"WWW-Authenticate": 'Bearer realm="trellis", error="invalid_token"'}
    return {"Retry-After": "1"} if error.status == 503 else {}
