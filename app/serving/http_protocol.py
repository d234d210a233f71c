"""How the server speaks HTTP: uvicorn, as `dev` and `serve` run it, with an end to what clients may keep it waiting."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024  # bytes of what is no body, headers behind it included; proxies let 8 to 32 KiB through
FRAME = 8  # bytes more that a byte of a body may come in: a chunk of a single one has five
MOST_HEADERS = 200  # every look for one goes through all of them; browsers and proxies send some thirty
TOO_LARGE = f"More than {MOST_HEADERS} headers, or {LARGEST_HEAD} bytes of them: send less."
SECONDS_FOR_HEAD = 10.0  # from a connection, or the first byte of a request, to the end of its headers
# What comes of a body behind its answer is read and let go, so that who writes before they read gets to read.
MOST_UNWANTED = 1024 * 1024  # bytes
SECONDS_FOR_UNWANTED = 10.0
SECONDS_TO_READ = 10.0  # between two looks whether a client reads its answer
LEAST_READ = 64 * 1024  # bytes between them; the slowest mobile networks carry some more
SECONDS_IDLE = (
    75  # between requests of a connection: longer than the 60 of AWS and nginx, or they send into a closed one
)


class HeadTooLarge(Exception):
    """Raised through the parser, which ends the connection for it."""


class Bounded(HttpToolsProtocol):
    """uvicorn's own protocol keeps all that a client sends as headers, and waits without end for it to send or read.

    Each connection takes a descriptor, of which there are few, and each answer that is not read its memory.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = False
        self._beside = 0  # bytes of a request that are no body, and what it makes up for
        self._head_due: asyncio.TimerHandle | None = None
        self._refusal: str | None = None
        self._unread = 0  # bytes of an answer, at the last look
        self._next_look: asyncio.TimerHandle | None = None
        self._in_body = False
        self._unwanted = 0  # bytes of a body that has been answered already
        self._body_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_awaiting_head()
        self._stop_looking()
        self._stop_awaiting_body()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._beside += len(data)
        if self.transport.is_closing():
            return
        if self._beside > LARGEST_HEAD or len(self.headers or ()) > MOST_HEADERS:
            self._refuse()
        elif self._in_head and self._head_due is None:
            self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._beside = True, 0

    def on_body(self, body: bytes) -> None:
        self._beside -= (1 + FRAME) * len(body)
        if self._body_due is not None:
            self._unwanted += len(body)
            if self._unwanted > MOST_UNWANTED:
                self.transport.abort()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._stop_awaiting_body()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not (self._in_body and self.cycle.response_complete) or self.transport.is_closing():
            return
        if self.expect_100_continue:
            self.transport.close()  # nobody knows whether the body still comes, or the next request
        else:
            self._unwanted = 0
            self._body_due = self.loop.call_later(SECONDS_FOR_UNWANTED, self.transport.close)

    def _stop_awaiting_body(self) -> None:
        if self._body_due is not None:
            self._body_due.cancel()
            self._body_due = None

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        self._stop_awaiting_head()
        if len(self.headers) > MOST_HEADERS:
            self._refusal = TOO_LARGE
            raise HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        super().send_400_response(self._refusal or msg)

    def _refuse(self) -> None:
        if not self._in_head and self.cycle.response_started:
            self.transport.abort()  # headers behind a body whose answer is under way
        else:
            self.send_400_response(TOO_LARGE)

    def _await_head(self) -> None:
        self._head_due = self.loop.call_later(SECONDS_FOR_HEAD, self.transport.close)

    def _stop_awaiting_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        self._stop_looking()
        super().resume_writing()

    def _look_later(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._next_look = self.loop.call_later(SECONDS_TO_READ, self._look)

    def _look(self) -> None:
        if self.transport.get_write_buffer_size() > self._unread - LEAST_READ:
            self.transport.abort()
        else:
            self._look_later()

    def _stop_looking(self) -> None:
        if self._next_look is not None:
            self._next_look.cancel()
            self._next_look = None


UVICORN: dict[str, Any] = {
    "loop": "uvloop",
    "http": Bounded,
    "log_config": None,
    "access_log": False,
    "timeout_keep_alive": SECONDS_IDLE,
    "server_header": False,
    "proxy_headers": False,  # TRELLIS_TRUSTED_PROXIES says whom to believe; uvicorn would believe this machine
}
