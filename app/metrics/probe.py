"""How late the event loop comes round, and how long the garbage collector keeps it."""

import asyncio
import gc
from time import perf_counter

from app.counting import Histogram, Sizes

EVERY = 0.1  # seconds between two looks, which take some microseconds
LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Probe:
    """Looks from `start` to `stop`."""

    def __init__(self) -> None:
        self.lag = Histogram(LAGS)
        self.pauses = [Sizes() for _ in gc.get_threshold()]
        self._began = 0.0
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        gc.callbacks.append(self._collecting)
        self._look_later()

    def stop(self) -> None:
        gc.callbacks.remove(self._collecting)
        if self._next:
            self._next.cancel()

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._next = loop.call_later(EVERY, self._look, loop.time() + EVERY)

    def _look(self, due: float) -> None:
        self.lag.observe(max(asyncio.get_running_loop().time() - due, 0.0))
        self._look_later()

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = perf_counter()
        else:
            self.pauses[info["generation"]].observe(perf_counter() - self._began)
