"""The PostgreSQL server that Trellis carries along: made, started and stopped as a child process."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.postgres import programs, system_user
from app.refusal import Refusal

PORT = 5432  # only names the socket: the server listens on no network address
LONGEST_SOCKET_PATH = 103  # bytes; Linux takes 107, macOS 103
SECONDS_TO_START = 60  # replaying the log after a crash can take this long
SECONDS_TO_LET_GO = 5
SECONDS_TO_STOP = 30

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# Only for data that may be lost with the machine's power, such as the tests'.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Whoever can enter the directory of the socket is trusted: that is this user and root.
MAKING = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")
# The one collation that PostgreSQL brings along itself: it sorts the same on every machine.
COLLATION = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")

# Each is made unless it is there, so that a first start that was killed halfway is completed by the second.
# Only a superuser may install pgvector, so it cannot be left to the migrations.
PROVISION = r"""
-- Of a statement that fails not the row that it failed at, which may name somebody.
ALTER ROLE ALL SET log_error_verbosity = terse;
SELECT 'CREATE ROLE trellis_owner LOGIN CREATEROLE' WHERE to_regrole('trellis_owner') IS NULL \gexec
SELECT 'CREATE ROLE trellis LOGIN NOBYPASSRLS' WHERE to_regrole('trellis') IS NULL \gexec
SELECT 'CREATE DATABASE trellis OWNER trellis_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'trellis') \gexec
\connect trellis
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
"""


class PostgresDidNotStart(Refusal):
    """The server ended, or stayed silent for `SECONDS_TO_START`, before it took connections."""


@dataclass(frozen=True)
class Addresses:
    """Where a running server is reached, as URLs that asyncpg takes as they are."""

    socket_directory: Path

    def url(self, role: str, database: str = "trellis") -> str:
        return f"postgresql://{role}@/{database}?host={self.socket_directory}&port={PORT}"

    @property
    def owner_url(self) -> str:
        return self.url("trellis_owner")

    @property
    def runtime_url(self) -> str:
        return self.url("trellis")

    @property
    def superuser_url(self) -> str:
        return self.url("postgres")


class Postgres:
    """A server over the files in `data`. The caller sees to it, with a lock, that no other is started over them."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        self.durable = durable
        self.addresses = Addresses(data)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Addresses:
        """Answers when the server takes connections, making its files the first time."""
        system_user.open_the_way(programs.folder() / "postgres")
        system_user.open_the_way(self.data)
        if not self.data.exists():
            self._make_files()
        self._stop_survivor()
        self.addresses = Addresses(_socket_directory(self.data))
        self._launch()
        programs.run("psql", "-Xqd", self.addresses.url("postgres", "postgres"), "-vON_ERROR_STOP=1", typed=PROVISION)
        return self.addresses

    def stop(self) -> None:
        """Ends every session and leaves no process behind; answers at once when nothing runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # the fast shutdown: roll back what is open, then a checkpoint
            try:
                self._process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)  # at once, as in a crash; the next start replays the log
                self._process.wait()
            self._process = None
        self._remove_socket_directory(self.addresses.socket_directory)

    def _make_files(self) -> None:
        """Under another name until they are complete, so that half a set of files is never taken for a whole one."""
        unfinished = self.data.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        system_user.make_private(unfinished)
        sync = () if self.durable else ("--no-sync",)
        programs.run("initdb", f"--pgdata={unfinished}", *MAKING, *COLLATION, *sync)
        unfinished.rename(self.data)

    def _stop_survivor(self) -> None:
        """A server outlives a parent that was killed. It is stopped, to have one of our own that we know all about."""
        socket_directory = running_at(self.data)
        if socket_directory is not None:
            programs.run("pg_ctl", "stop", f"--pgdata={self.data}", "--mode=fast", f"--timeout={SECONDS_TO_STOP}")
            self._remove_socket_directory(socket_directory)

    def _remove_socket_directory(self, directory: Path) -> None:
        if directory != self.data:
            shutil.rmtree(directory, ignore_errors=True)

    def _options(self) -> list[str]:
        settings = SETTINGS | {"unix_socket_directories": str(self.addresses.socket_directory)}
        if not self.durable:
            settings |= NOT_DURABLE
        return [f"-p{PORT}", *(f"-c{name}={value}" for name, value in settings.items())]

    def _launch(self) -> None:
        """Tries for some seconds where the last server was killed: its processes may not have let go of the files."""
        was_killed = bool(_status_lines(self.data))
        deadline = time.monotonic() + SECONDS_TO_LET_GO
        while True:
            self._process = programs.serve(self.data, self._options(), self.log)
            try:
                return self._wait_until_ready(self._process)
            except PostgresDidNotStart:
                if self._process.poll() is None or not was_killed or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not _is_ready(_status_lines(self.data), str(process.pid)):
            if process.poll() is not None or time.monotonic() > deadline:
                said = programs.last_line(self.log.read_text(errors="replace"))
                raise PostgresDidNotStart(f"PostgreSQL did not start: {said} (all it said is in {self.log})")
            time.sleep(0.02)


def running_at(data: Path) -> Path | None:
    """The directory of the socket at which a server answers for the files in `data`; None where none does.

    Asked over the socket: a process id in a file left from before a crash may be another program's by now.
    """
    lines = _status_lines(data)
    if len(lines) < 5:
        return None
    answer = programs.attempt("pg_isready", f"--dbname={Addresses(Path(lines[4])).superuser_url}")
    return Path(lines[4]) if answer.returncode in {0, 1} else None  # 1: it is there, but not yet ready or no longer


def ready_at(data: Path) -> Addresses | None:
    """Where the server over these files takes connections; None while it does not."""
    lines = _status_lines(data)
    if not _is_ready(lines, *lines[:1]):
        return None
    socket_directory = running_at(data)
    return Addresses(socket_directory) if socket_directory else None


def _is_ready(lines: list[str], process_id: str = "") -> bool:
    return lines[:1] == [process_id] and lines[7:] == ["ready"]


def _status_lines(data: Path) -> list[str]:
    """The server's account of itself: process id, data, start, port, directory of the socket, host, memory, status."""
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def _socket_directory(data: Path) -> Path:
    """Beside the data, where nobody else may enter; elsewhere if the path is too long or needs quoting in a URL."""
    is_short = len(os.fsencode(data / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH
    if is_short and re.fullmatch(r"[\w./+-]+", str(data), re.ASCII):
        return data
    directory = Path(tempfile.mkdtemp(prefix="trellis-"))
    system_user.give(directory)
    return directory
