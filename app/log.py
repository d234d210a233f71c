"""What the process says of itself, in one line for each thing, and never what people sent or the database holds."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from traceback import format_tb
from typing import Any

import asyncpg
import orjson
import structlog

from app.spelling import escaped

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
DATA_EXCEPTION = "22"  # the class of SQLSTATEs whose messages quote the value that was wrong
LONGEST_CHAIN = 10  # errors that led to each other

# Tests, and commands that only write to the terminal, have no use for a line for each request.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def start_logging(*, readable: bool = False) -> None:
    """From now on the process, its libraries included, says all to standard output: as JSON, or for people to read."""
    ends: list[structlog.typing.Processor] = (
        [structlog.processors.TimeStamper("%H:%M:%S", utc=False), _readable()]
        if readable
        else [structlog.processors.TimeStamper("iso"), structlog.processors.JSONRenderer(_as_json)]
    )
    structlog.configure(
        processors=[_add_request_id, structlog.processors.add_log_level, *ends],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(Output()),  # type: ignore[arg-type]  # it writes and flushes, no more
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[Forward()], level=logging.WARNING, force=True)


class Loggable(Exception):
    """What went wrong as the log may say it, in one line, and perhaps what somebody else said of it, who may quote what
    they were sent: people at a terminal are told both."""

    def __str__(self) -> str:
        return ": ".join(map(str, filter(None, self.args)))


class Output:
    """Standard output. A line that it does not take is let go: a full disk, or a reader who left, fails no request."""

    def __init__(self) -> None:
        self._file = open(sys.stdout.fileno(), "wb", buffering=0, closefd=False)  # noqa: SIM115  # for good

    def write(self, line: bytes) -> None:
        with suppress(OSError):
            self._file.write(line)

    def flush(self) -> None:
        """Nothing is held back."""


class Forward(logging.Handler):
    """Takes what is said through the standard library, as by uvicorn and asyncio, the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        shown = {} if error is None else {"exception": stack_of(error)}
        log.log(record.levelno, _said(record), logger=record.name, **shown)


def stack_of(error: BaseException) -> str:
    """Where an error arose, and those that led to it, as Python shows them; without values, which messages quote."""
    shown: list[str] = []
    left: BaseException | None = error
    while left is not None and len(shown) < LONGEST_CHAIN:
        shown.append("".join([*format_tb(left.__traceback__), named(left)]))
        left = left.__cause__ or (None if left.__suppress_context__ else left.__context__)
    return "\n\nwhich came from\n\n".join(shown)


def named(error: BaseException) -> str:
    """What the log may say of an error: its kind, and its message where that can only be about our own names. Where
    somebody has to do something about it, that alone."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    match error:
        case Loggable(args=(str(reason), *_)):
            return reason
        case asyncpg.PostgresError() if not (error.sqlstate or DATA_EXCEPTION).startswith(DATA_EXCEPTION):
            return f"{kind}: {error.args[0]}"  # the first line: the DETAIL after it quotes rows
        case OSError(strerror=str(reason)):
            return f"{kind}: {reason}"
        case AttributeError() | NameError() | ImportError():
            return f"{kind}: {error}"
    return kind


def _said(record: logging.LogRecord) -> str:
    # asyncio adds what its callbacks and tasks hold, and so values: behind the first line and the word "callback".
    said = record.getMessage()
    return said.partition("\n")[0].partition(" callback ")[0] if record.name == "asyncio" else said.strip()


def _add_request_id(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _as_json(event: Any, **options: Any) -> bytes:
    """What would turn around its neighbours is written as JSON may, in numbers: it reads the same."""
    line = orjson.dumps(event, **options)
    return line if line.isascii() else escaped(line.decode()).encode()


def _readable() -> structlog.typing.Processor:
    console = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=0)

    def render(logger: Any, method: str, event: MutableMapping[str, Any]) -> bytes:
        return escaped(console(logger, method, event)).encode()

    return render
