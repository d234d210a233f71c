"""The socket that a server takes before it does anything else."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from app.config import Settings
from app.refusal import Refusal


class AddressUnusable(Refusal):
    """Nobody can listen there now."""


ADVICE = "choose another with --host or --port"


@contextmanager
def listening(settings: Settings, host: str, port: int) -> Iterator[list[socket.socket]]:
    """The sockets of a server for the time of the block: its own, and that of its metrics where they have one."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(listen(host, port))]
        if settings.metrics_port is not None:
            if settings.metrics_port == port:
                raise AddressUnusable(f"TRELLIS_METRICS_PORT is {port}, the port of the server itself: set another")
            advice = "set another TRELLIS_METRICS_HOST or TRELLIS_METRICS_PORT"
            sockets.append(stack.enter_context(listen(settings.metrics_host, settings.metrics_port, advice)))
        yield sockets


def listen(host: str, port: int, advice: str = ADVICE) -> socket.socket:
    """A listening socket; clients that connect before the server is ready wait in its queue."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        raise AddressUnusable(
            f"Cannot listen on {host}:{port} ({_reason(error)}): stop what uses it, or {advice}"
        ) from error


def _reason(error: OSError | UnicodeError) -> str:
    # Python adds the address to a reason of the operating system; for a name that is not found it has one itself.
    if isinstance(error, UnicodeError):
        return "No name of a host"
    return str(error.strerror) if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
