"""How the server speaks HTTP: uvicorn, as `dev` and `serve` run it, with an end to what may come before a body."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024  # bytes, beside what the system hands over at once; proxies let 8 to 32 KiB through
MOST_HEADERS = 200  # every look for one goes through all of them; browsers and proxies send some thirty
TOO_LARGE = f"More than {MOST_HEADERS} headers, or {LARGEST_HEAD} bytes of them: send less."


class HeadTooLarge(Exception):
    """Raised through the parser, which ends the connection for it."""


class BoundedHead(HttpToolsProtocol):
    """uvicorn's own protocol would keep whatever a stranger sends as headers, without end."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = False
        self._head = 0  # bytes of a head whose end is still to come
        self._refusal: str | None = None

    def data_received(self, data: bytes) -> None:
        went_on = self._in_head
        super().data_received(data)
        if went_on and self._in_head:
            self._head += len(data)
            if self._head > LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response(TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        if len(self.headers) > MOST_HEADERS:
            self._refusal = TOO_LARGE
            raise HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        super().send_400_response(self._refusal or msg)


UVICORN: dict[str, Any] = {
    "loop": "uvloop",
    "http": BoundedHead,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,  # TRELLIS_TRUSTED_PROXIES says whom to believe; uvicorn would believe this machine
}
