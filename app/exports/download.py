"""Handing out the files of exports to whoever has a link."""

from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
from sqlalchemy import Integer, LargeBinary, Uuid, bindparam, func, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Send

from app.auth.secrets import EXPORT, InvalidKey, PresentedKey, presented
from app.db.engine import LOST, Database, DatabaseUnavailable
from app.db.record import Record
from app.db.statement import prepare_as
from app.errors import AppError
from app.http.access_log import Entry
from app.http.rate_limit import Rates, RequestMeter
from app.http.request import request_id_of
from app.http.request_counts import RequestCounts
from app.log import log
from app.operations.names import DOWNLOAD


class Piece(Record):
    """A piece of a file, with what there is to know of the whole."""

    slug: str
    size: int
    written_at: datetime
    data: bytes


READ = prepare_as(
    select(
        func.trellis_read_export(
            bindparam("id", type_=Uuid), bindparam("secret_hash", type_=LargeBinary), bindparam("piece", type_=Integer)
        ).table_valued(*Piece.__annotations__)
    ),
    Piece,
)
FIXED = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is what lets in
    "X-Content-Type-Options": "nosniff",
}


class FileGone(Exception):
    """Its time was over, or another export took its place, before the last piece: what was sent is cut off."""


class Downloads:
    """Answers at /exports/<secret>. Each piece is read by itself, so that a slow client holds no connection."""

    def __init__(self, database: Database, rates: Rates, counts: RequestCounts) -> None:
        self.database = database
        self.rates = rates
        self.counts = counts

    async def respond(self, request: Request, send: Send) -> None:
        """Answers a request, which is under way until the file has been taken."""
        meter = RequestMeter(self.rates, request)
        entry = Entry(request_id_of(request), self.counts, name=DOWNLOAD)
        try:
            response = await self._response(request, meter)
            response.headers.update({"X-Request-Id": entry.request_id, **meter.headers()})
            try:
                await response(request.scope, request.receive, send)
            except (FileGone, AppError) as error:  # the server closes the connection of an answer that has no end
                log.warning("file of an export cut off", reason=str(error))
            entry.write(response.status_code, ())
        finally:
            meter.close()

    async def _response(self, request: Request, meter: RequestMeter) -> Response:
        try:
            meter.open(None)
            await meter.enter()
            key = presented(request.path_params["secret"], EXPORT)
            first = await self._read(key, 0, meter.address)
        except InvalidKey:
            return _nothing()
        except AppError as error:
            wait = str(error.extensions.get("retryAfter", 1))
            return PlainTextResponse(f"{error.message}\n", error.status, headers=FIXED | {"Retry-After": wait})
        if first is None:
            return _nothing()
        headers = _headers(first)
        if request.method == "HEAD":
            return Response(headers=headers)
        return StreamingResponse(self._pieces(key, first, meter.address), headers=headers)

    async def _pieces(self, key: PresentedKey, first: Piece, address: str) -> AsyncIterator[bytes]:
        """Raises FileGone; the client knows by the length that it has not got all."""
        sent, piece = 0, 0
        found: Piece | None = first
        while found is not None:
            yield found.data
            sent, piece = sent + len(found.data), piece + 1
            if sent == first.size:
                return
            found = await self._read(key, piece, address)
        raise FileGone("it is gone")

    async def _read(self, key: PresentedKey, piece: int, address: str) -> Piece | None:
        """The piece, with what there is to know of the file; None where there is none, or the secret is another's.
        Raises DatabaseUnavailable and CallerBusy."""
        values = {"id": key.id, "secret_hash": key.secret_hash, "piece": piece}
        try:
            async with self.database.lent(address) as connection:
                return await connection.fetchrow(READ.text, *READ.arguments(values), record_class=Piece)
        except (*LOST, asyncpg.QueryCanceledError) as error:
            raise DatabaseUnavailable("The database does not answer: try again in a moment.") from error


def _nothing() -> Response:
    """As for any address that leads nowhere."""
    return PlainTextResponse("Not Found", 404)


def _headers(file: Piece) -> dict[str, str]:
    name = f"{file.slug}-{file.written_at:%Y-%m-%d}.jsonl.gz"
    return {
        "Content-Type": "application/gzip",
        "Content-Length": str(file.size),
        "Content-Disposition": f'attachment; filename="{name}"',
        **FIXED,
    }
