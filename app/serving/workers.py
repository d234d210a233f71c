"""Several processes behind one port: forked from one that has loaded everything and opened nothing but the socket."""

import gc
import mmap
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from app.log import log

TICK = 0.1  # seconds between two looks at the workers
LONGEST_SILENCE = 60.0  # seconds; four that start on a quarter of a core need twenty
PAUSE = 1.0  # seconds from a worker's start to that of the next in its place, so that none is made again and again
BROKEN = 3  # how a worker exits that cannot start at all, as uvicorn has it: the next could not either
GRACE = 5.0  # seconds beyond what a worker takes to finish its requests
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
KILLED = "as the kernel does where memory runs out"

Beat = Callable[[], None]  # called by a worker that is ready, and then once a second or so for as long as it is well
Run = Callable[[Beat], None]  # what a worker does; returns, or exits, once it has been told to end by SIGTERM


class Worker:
    """One process. It says that it is well through a number that it shares with its parent."""

    def __init__(self, run: Callable[[Beat], None]) -> None:
        self._shared = mmap.mmap(-1, 1)
        self._seen = 0
        self._silence = 0.0  # seconds, counted by looks: a machine that slept, or was busy, counts as one
        self.started = time.monotonic()
        self.outdated = False
        self.ended_at: float | None = None  # when it was told to
        self.process = multiprocessing.get_context("fork").Process(target=run, args=[self._beat])
        self.process.start()

    def _beat(self) -> None:
        self._shared[0] = self._shared[0] % 255 + 1  # never 0 again, which means that it is not ready

    @property
    def ready(self) -> bool:
        return self._shared[0] > 0

    def silent(self) -> bool:
        """To be asked once a TICK: whether it has not been heard of for too long."""
        heard = self._shared[0]
        self._silence = self._silence + TICK if heard == self._seen else 0.0
        self._seen = heard
        return self._silence > LONGEST_SILENCE

    def end(self) -> None:
        self.ended_at = time.monotonic()
        self.process.terminate()

    def fate(self) -> str:
        """How it ended."""
        code = self.process.exitcode or 0
        if code >= 0:
            return f"exited with {code}"
        name = signal.Signals(-code).name
        return f"was ended by {name}" + (f", {KILLED}" if name == "SIGKILL" else "")


class Workers:
    """Keeps so many workers alive until SIGTERM or SIGINT; SIGHUP puts new ones in their places, one by one.

    What the parent has loaded is shared by all, page by page, until one of them writes to it. Forking is safe for as
    long as it has no threads, no event loop and no connection. Nothing here waits for a worker: a signal is heeded
    within a TICK, whatever state they are in.
    """

    def __init__(self, amount: int, run: Run, *, seconds_to_finish: float) -> None:
        self._amount = amount
        self._run = run
        self._patience = seconds_to_finish + GRACE
        self._workers: list[Worker] = []
        self._leaving: list[Worker] = []
        self._stopping = False
        # Nobody writes to it: it ends with the last process that could, and that is the parent.
        self._life, self._held = os.pipe()

    def run(self) -> int:
        """Answers how the process shall exit: 0, or BROKEN where workers cannot start."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        gc.collect()
        gc.freeze()  # so that no worker's collector writes to pages that are shared
        self._workers = [self._start() for _ in range(self._amount)]
        while not self._stopping:
            time.sleep(TICK)
            self._look()
        broken = any(worker.process.exitcode == BROKEN for worker in self._workers)
        self._end_all()
        for number, handler in before.items():
            signal.signal(number, handler)
        return BROKEN if broken else 0

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            for worker in self._workers:
                worker.outdated = True
        else:
            self._stopping = True

    def _start(self) -> Worker:
        # A signal that came before the worker has handlers of its own would set a flag that is the parent's.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        worker = Worker(self._work)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        log.info("worker started", worker=worker.process.pid)
        return worker

    def _work(self, beat: Beat) -> None:
        """All that a worker does."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.close(self._held)
        threading.Thread(target=self._end_with_parent, daemon=True).start()
        self._run(beat)

    def _end_with_parent(self) -> None:
        os.read(self._life, 1)
        log.error("worker ends, as its parent is gone", worker=os.getpid())
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(self._patience)
        os._exit(1)  # its loop hangs, and would hold the port

    def _look(self) -> None:
        for worker in self._workers:
            if worker.silent() and worker.process.is_alive():
                log.error(
                    "worker gave no sign of life and is killed", worker=worker.process.pid, seconds=LONGEST_SILENCE
                )
                worker.process.kill()
        self._replace_dead()
        self._renew()
        self._bury()

    def _replace_dead(self) -> None:
        for place, worker in enumerate(self._workers):
            if worker.process.is_alive() or time.monotonic() - worker.started < PAUSE:
                continue
            if worker.process.exitcode == BROKEN:
                log.error("worker could not start, so the server ends", worker=worker.process.pid)
                self._stopping = True
                return
            log.error("worker ended: another takes its place", worker=worker.process.pid, reason=worker.fate())
            self._workers[place] = self._start()

    def _renew(self) -> None:
        """A worker that is outdated ends when its successor answers."""
        outdated = next((worker for worker in self._workers if worker.outdated), None)
        if outdated is None or not all(worker.ready for worker in self._workers):
            return
        if len(self._workers) == self._amount:
            self._workers.append(self._start())
        else:
            self._workers.remove(outdated)
            self._leave(outdated)

    def _leave(self, worker: Worker) -> None:
        worker.end()
        self._leaving.append(worker)

    def _bury(self) -> None:
        """Takes note of those that have ended as they were told to, and kills those that do not."""
        for worker in [*self._leaving]:
            if not worker.process.is_alive():
                self._leaving.remove(worker)
            elif worker.ended_at is not None and time.monotonic() - worker.ended_at > self._patience:
                log.error("worker did not end and is killed", worker=worker.process.pid, seconds=self._patience)
                worker.process.kill()

    def _end_all(self) -> None:
        for worker in self._workers:
            self._leave(worker)
        while self._leaving:
            self._bury()
            time.sleep(TICK)
