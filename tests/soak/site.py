"""What the storm is about: `trellis serve` over a PostgreSQL of its own, either of them to be killed at any time."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from app.migrations.migrate import migrate
from app.postgres.server import Postgres
from tests.api import SECRET
from tests.processes import TRELLIS, environment, free_port, running_over, wait_for


class Site:
    """A server and its database. What was committed has to survive, so PostgreSQL runs as it does in production."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres")
        self.port = free_port()
        self.addresses = self.postgres.addresses
        self.server: subprocess.Popen[bytes] | None = None  # which leads the process group of its workers

    def start(self) -> None:
        """To be called outside of any event loop, since migrations run in one of their own."""
        self.addresses = self.postgres.start()
        migrate(self.addresses.owner_url, self.addresses.runtime_url)
        self.server = self._serve()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> "subprocess.Popen[bytes]":
        variables = {
            "TRELLIS_DATABASE_URL": self.addresses.runtime_url,
            "TRELLIS_JWT_SECRET": SECRET,
            "TRELLIS_RATE_LIMIT": "1000000000",  # points a minute: a storm asks more than people do
            "TRELLIS_MAX_IN_FLIGHT": "100",
        }
        with (self.folder / "server.log").open("ab") as log:
            server = subprocess.Popen(
                [*TRELLIS, "serve", "--port", str(self.port), "--workers", "2"],
                cwd=self.folder,
                env=environment(**variables),
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that the workers can be killed with their parent
            )
        wait_for(f"{self.address}/healthz")
        return server

    def kill_server(self) -> None:
        """SIGKILL for the server and all its workers, and a new one in its place when it answers."""
        self._kill()
        self.server = self._serve()

    def kill_postgres(self) -> None:
        """SIGKILL for all processes of PostgreSQL, and its next start, which recovers what was committed."""
        for process in running_over(self.folder / "postgres"):
            with suppress(ProcessLookupError):  # they end by themselves once their parent has
                os.kill(process, signal.SIGKILL)
        assert self.postgres._process is not None
        self.postgres._process.wait()  # as long as nobody has asked how it ended, it counts as running
        self.addresses = self.postgres.start()

    def stop(self) -> None:
        """Leaves no process behind."""
        self._kill()
        self.postgres.stop()

    def _kill(self) -> None:
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()


@contextmanager
def running_site() -> Iterator[Site]:
    """A site for the time of the block."""
    with TemporaryDirectory(prefix="trellis-soak-") as folder:
        site = Site(Path(folder))
        try:
            site.start()
            yield site
        finally:
            site.stop()
