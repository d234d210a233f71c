"""Which sites' pages may send requests and read the answers (CORS); cookies play no part."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.rate_limit import HEADERS as RATE_HEADERS

# What is served on this machine, as by Vite: the pages of whoever develops a front end.
LOOPBACK = r"https?://(localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?"


class Sharing(CORSMiddleware):
    """Lets the pages of some sites in with any header: what monitors add, as `baggage` and `traceparent`, harms nobody.

    A browser shows its developer why a page was refused, so the refusal says what to set.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str], *, loopback: bool) -> None:
        """`loopback` also lets pages in that are served on this machine."""
        super().__init__(
            app,
            allow_origins=origins,
            allow_origin_regex=LOOPBACK if loopback else None,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["Idempotency-Replayed", "Retry-After", "X-Request-Id", *RATE_HEADERS],
            max_age=600,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        origin = request_headers["origin"]
        if self.is_allowed_origin(origin):
            return super().preflight_response(request_headers)
        refusal = f"Pages of {origin} may not use this server: to let them, put {origin} into TRELLIS_CORS_ORIGINS.\n"
        return PlainTextResponse(refusal, 400, headers={"Vary": "Origin"})

    async def simple_response(self, scope: Scope, receive: Receive, send: Send, request_headers: Headers) -> None:
        origin = request_headers.get("origin")
        if origin is None or not self.is_allowed_origin(origin):
            await self.app(scope, receive, send)
        else:
            await super().simple_response(scope, receive, send, request_headers)
