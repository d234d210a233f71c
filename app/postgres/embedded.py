"""PostgreSQL without installing it: one server per data directory, run by whoever holds the directory's lock.

DIR/lock       held by the process that runs the server, and says which one that is
DIR/guests     held, shared, by commands that use a server they did not start
DIR/postgres   PostgreSQL's files; postgres.log beside them is what it says
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from app.postgres.server import Addresses, Postgres, ready_at
from app.refusal import Refusal

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_BORROW = 60  # the server that is being started may have a crash to recover from


class DataDirectoryInUse(Refusal):
    """Another process runs PostgreSQL over this directory."""


class DataDirectoryUnusable(Refusal):
    """The directory cannot be made or written."""


def exists(directory: Path) -> bool:
    """Whether there has ever been a server over this directory."""
    return (directory / "postgres").exists()


@contextmanager
def run(directory: Path, *, durable: bool = True) -> Iterator[Addresses]:
    """Runs PostgreSQL over `directory` for the time of the block; raises DataDirectoryInUse where another process does.

    The lock is the kernel's, so it goes with its holder however that ends, and a stale one cannot exist. To be called
    in the main thread: a signal that would end the process ends the block instead, and PostgreSQL with it.
    """
    directory = _prepare(directory)
    with (directory / "lock").open("a+") as lock:
        if not _take(lock):
            raise DataDirectoryInUse(
                f"{directory} is in use by process {_holder(lock)}: stop it, or name another directory with --data"
            )
        with _serving(directory, lock, durable=durable) as addresses:
            yield addresses


@contextmanager
def borrow(directory: Path) -> Iterator[Addresses]:
    """The server that runs over `directory`, or where none does, one for the time of the block.

    Who started it stays until the last guest has left: of two imports side by side, the first to end does not pull the
    server from under the other. `run` does not wait, because Ctrl-C in `trellis dev` must end everything.
    """
    directory = _prepare(directory)
    with (directory / "lock").open("a+") as lock, (directory / "guests").open("a") as guests:
        deadline = time.monotonic() + SECONDS_TO_BORROW
        while not _take(lock):
            fcntl.flock(guests, fcntl.LOCK_SH)  # before looking: from here on a lender does not stop the server
            if addresses := ready_at(directory / "postgres"):
                yield addresses
                return
            fcntl.flock(guests, fcntl.LOCK_UN)
            if time.monotonic() > deadline:
                raise DataDirectoryInUse(
                    f"{directory} is in use by process {_holder(lock)}, whose PostgreSQL is not ready"
                )
            time.sleep(0.05)
        with _serving(directory, lock, durable=True) as addresses:
            try:
                yield addresses
            finally:
                fcntl.flock(guests, fcntl.LOCK_EX)


@contextmanager
def _serving(directory: Path, lock: IO[str], *, durable: bool) -> Iterator[Addresses]:
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    server = Postgres(directory / "postgres", durable=durable)
    with _signals_end_the_block():
        try:
            yield server.start()
        finally:
            server.stop()


def _prepare(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "lock").touch()
    except OSError as error:
        raise DataDirectoryUnusable(
            f"{directory} cannot be used: {error.strerror}; name another one with --data"
        ) from error
    return directory.resolve()


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read()


@contextmanager
def _signals_end_the_block() -> Iterator[None]:
    """Left to themselves these signals end Python at once, and nobody would stop PostgreSQL."""

    def leave(signal_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal_number, signal.SIG_IGN)  # a second one must not interrupt the stopping
        raise SystemExit(128 + signal_number)

    with ExitStack() as stack:
        for signal_number in ENDING_SIGNALS:
            if signal.getsignal(signal_number) != signal.SIG_IGN:  # what nohup ignores stays ignored
                stack.callback(signal.signal, signal_number, signal.signal(signal_number, leave))
        yield
