"""GraphQL over HTTP: a request in, an answer out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from app.auth.actor import Actor
from app.auth.credentials import Credentials, Unauthenticated, credentials_of
from app.auth.tokens import Tokens
from app.config import Limits
from app.db.identity import Identities, SignInRefused
from app.db.unit_of_work import Unit, with_newer_statements
from app.graph.budget import Budget
from app.graph.context import Context
from app.http.access_log import Entry
from app.http.csrf import check_site
from app.http.deadline import ClientGone, Deadline, Watch
from app.http.debug import cost_of, wants_cost
from app.http.graphiql import page, wants_page
from app.http.idempotency import KeyedRequest, Retries, keyed_request_of, may_pass
from app.http.rate_limit import Rates, RequestMeter, cost_estimate
from app.http.request import Envelope, WrongMethod, read, request_id_of
from app.http.request_counts import RequestCounts
from app.http.response import Answer, answer_of, bounded, failed, shown
from app.operations.cost_limit import check_cost, too_much_loaded
from app.operations.documents import Document, Refused, execute, is_query
from app.operations.dry_run import without_the_rest
from app.operations.persisted import Persisted
from app.operations.text import nul_errors

CLIENT_GONE = 499  # for the log alone, as nginx has it


class Caller(NamedTuple):
    """Whoever is signed in."""

    credentials: Credentials
    actor: Actor


class Operation(NamedTuple):
    """What is asked for in a request, by whom, and where the log and the caller's account note it."""

    document: Document
    envelope: Envelope
    caller: Caller | None
    entry: Entry
    meter: RequestMeter
    tells_cost: bool
    requested: int  # objects that its lists could hold
    deadline: Deadline


class Endpoint:
    """Answers at /graphql; `token` goes into the headers that GraphiQL opens with."""

    def __init__(  # noqa: PLR0913  # each is a part that main.py brings along
        self,
        identities: Identities,
        tokens: Tokens,
        *,
        limits: Limits,
        persisted: Persisted,
        new_context: Callable[..., Context],
        retries: Retries,
        rates: Rates,
        watch: Watch,
        counts: RequestCounts,
        playground: bool,
        debug: bool,
        token: str | None,
    ) -> None:
        self.limits = limits
        self.persisted = persisted
        self.identities = identities
        self.tokens = tokens
        self.new_context = new_context  # which knows what is the same for all operations
        self.retries = retries
        self.rates = rates
        self.playground = playground
        self.debug = debug
        self.token = token
        self.watch = watch
        self.counts = counts

    async def respond(self, request: Request, send: Send) -> None:
        """Answers a request, which is under way until its answer has been taken: one that nobody reads is memory."""
        meter = RequestMeter(self.rates, request)
        try:
            response = await self._response(request, meter)
            await response(request.scope, request.receive, send)
        finally:
            meter.close()

    async def _response(self, request: Request, meter: RequestMeter) -> Response:
        """Masks and logs whatever goes wrong."""
        if self.playground and wants_page(request):
            return page(request, token=self.token)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": "GET, POST, OPTIONS"})
        entry = Entry(request_id_of(request), self.counts)
        try:
            check_site(request)
            caller = await self._caller(request, meter, entry)
            entry.actor = caller and caller.actor
            meter.open(entry.actor)
            answer = await self._answer(request, entry, caller, meter)
        except ClientGone:
            answer = Answer(b"", CLIENT_GONE)
        except Exception as error:  # noqa: BLE001  # the last line of defence: masked and logged, never shown
            answer = failed(request, error, most_errors=self.limits.max_errors)
        entry.write(answer.status, answer.codes)
        return answer.to(request, entry.request_id, meter.headers())

    async def _caller(self, request: Request, meter: RequestMeter, entry: Entry) -> Caller | None:
        """Who is signed in; None where nobody is. Raises Unauthenticated, SignInRefused or RateLimited.

        Where too many sign-ins have failed, who is known here already gets in all the same, without a question to the
        database: one broken script must not lock out the office that it shares an address with.
        """
        try:
            credentials = await credentials_of(request.headers, self.tokens)
            if credentials is None:
                return None
            if (actor := self.identities.known(credentials)) is None:
                meter.check_failures()
                actor = await self.identities.find(credentials, meter.address)
            return Caller(credentials, actor)
        except (Unauthenticated, SignInRefused) as error:
            entry.refused = error.message
            await meter.note_failure()
            raise

    async def _answer(self, request: Request, entry: Entry, caller: Caller | None, meter: RequestMeter) -> Answer:
        moment = asyncio.get_running_loop().time() + self.limits.request_timeout
        await meter.enter()
        async with Deadline(self.watch, moment) as deadline:
            envelope = await read(request, self.limits, signed_in=caller is not None)
            deadline.received(request.receive, caller and caller.actor.payer_id)
            document = entry.document = self._document(envelope)
            requested, complexity = check_cost(document, envelope.variables, envelope.operation_name, self.limits)
            tells_cost = self.debug and wants_cost(request)
            run = without_the_rest(document, envelope.operation_name, envelope.variables)
            operation = Operation(run, envelope, caller, entry, meter, tells_cost, requested, deadline)
            entry.operation = document.operation(envelope.operation_name)
            reads = is_query(entry.operation)
            if not reads and request.method != "POST":
                raise WrongMethod("Only queries may be sent by GET: send this operation by POST.")
            estimate = cost_estimate(requested, complexity, most=self.limits.max_loaded, writes=not reads)
            await meter.reserve(estimate, dry=run is not document)
            if reads:
                return await with_newer_statements(lambda: self._read(operation))
            keyed = keyed_request_of(request, envelope, document.hash)
            return await with_newer_statements(lambda: self._write(operation, keyed))

    def _document(self, envelope: Envelope) -> Document:
        """What is asked for; raises Refused where it cannot be run."""
        document = self.persisted.find(envelope.query, envelope.document_id)
        errors = document.errors or nul_errors(envelope.variables)
        if errors:
            raise Refused(errors)
        return document

    async def _read(self, operation: Operation) -> Answer:
        async with self._unit(operation, writes=False) as unit:
            return bounded(answer_of(await self._run(operation, unit)), most=self.limits.max_answer)

    async def _write(self, operation: Operation, keyed: KeyedRequest | None) -> Answer:
        """The answer to a mutation, given once it is committed; to a further attempt at it, that of the first."""
        async with self._unit(operation, writes=True) as unit:
            if unit is None:
                return answer_of(await self._run(operation, None))
            kept = keyed and await self.retries.recall(unit, keyed)
            if kept is not None:
                return Answer(kept, headers={"Idempotency-Replayed": "true"})
            body = await self._run(operation, unit)
            answer = bounded(answer_of(body), most=self.limits.max_answer)
            if keyed:
                if may_pass(unit, body):
                    return answer
                await self.retries.keep(unit, keyed, answer.body)
            operation.deadline.lift()
            await unit.commit()
            return answer

    @asynccontextmanager
    async def _unit(self, operation: Operation, *, writes: bool) -> AsyncIterator[Unit | None]:
        """The transaction of whoever calls, which ends with the block; None where nobody is signed in."""
        caller = operation.caller
        if caller is None:
            yield None
            return
        unit = operation.entry.unit = Unit(self.identities.database, caller.actor, writes=writes)
        try:
            try:
                await unit.begin()
            except SignInRefused:
                if caller.actor.grant is None:  # who was erased is somebody else at the next sign-in
                    self.identities.forget(caller.credentials)
                raise
            self.identities.remember(caller.credentials, unit.actor)
            yield unit
        finally:
            await unit.end()

    async def _run(self, operation: Operation, unit: Unit | None) -> dict[str, Any]:
        started, envelope, documents = perf_counter(), operation.envelope, self.persisted.documents
        context = self.new_context(
            unit,
            operation.document.asked,
            request_id=operation.entry.request_id,
            charge=operation.meter.charge,
            budget=Budget(self.limits.max_loaded),
            more_time=operation.deadline.extensible,
        )
        try:
            result = await execute(
                documents.schema,
                operation.document,
                context,
                envelope.variables,
                envelope.operation_name,
                hide_suggestions=documents.hide_suggestions,
            )
        finally:
            await context.batches.stop()
            await operation.meter.charge_rest(context.budget.cost)
        if unit and unit.outdated:
            raise unit.outdated
        if context.budget.refused:
            raise too_much_loaded(
                context.budget.refused,
                documents.schema,
                operation.document,
                envelope.variables,
                envelope.operation_name,
            )
        cost = {"trellis": cost_of(context, started)} if operation.tells_cost else {}
        if operation.requested:
            loaded = context.budget.shown.objects
            cost["cost"] = {"requested": operation.requested, "loaded": loaded, "limit": self.limits.max_loaded}
        return shown(result, cost, most_errors=self.limits.max_errors)
