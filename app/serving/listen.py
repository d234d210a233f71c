"""The socket that a server takes before it does anything else."""

import os
import socket

from app.refusal import Refusal


class AddressUnusable(Refusal):
    """Nobody can listen there now."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; clients that connect before the server is ready wait in its queue."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        raise AddressUnusable(
            f"Cannot listen on {host}:{port} ({_reason(error)}): stop what uses it, or choose another with --host or "
            "--port"
        ) from error


def _reason(error: OSError | UnicodeError) -> str:
    # Python adds the address to a reason of the operating system; for a name that is not found it has one itself.
    if isinstance(error, UnicodeError):
        return "No name of a host"
    return str(error.strerror) if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
