"""Counts within windows of a minute, in the memory of this process."""

from time import time
from typing import NamedTuple

from cachetools import LRUCache

WINDOW = 60  # seconds


class Window:
    """A minute of one account, from its first request on."""

    __slots__ = ("resets_at", "used")

    def __init__(self) -> None:
        self.used = 0
        self.resets_at = time() + WINDOW  # Unix seconds


class Draw(NamedTuple):
    """A window that points are to be taken from, and how many it has."""

    window: Window
    name: str
    limit: int

    def fits(self, points: int) -> bool:
        return self.window.used + points <= self.limit


class Windows:
    """The windows of the accounts that were met lately.

    Fixed windows, as GitHub has them: a number and a moment for each account, whatever it does, and a client knows to
    the second when it may go on. The price is that a minute which straddles two windows can see both limits. A window
    that slides would do better by that, and could not say when it ends; a log of every request takes memory that the
    client decides on.

    The least lately used goes first. Who has more addresses than are kept gets around the limit on addresses, which
    holds nobody with so many anyway.
    """

    def __init__(self, most: int) -> None:
        """`most` are how many accounts are kept; one takes about 300 bytes."""
        self._windows: LRUCache[str, Window] = LRUCache(most)

    def draw(self, name: str, limit: int) -> Draw:
        """The window that the account is in; a new one where the last is over."""
        window = self._windows.get(name)
        if window is None or window.resets_at <= time():
            window = self._windows[name] = Window()
        return Draw(window, name, limit)

    def __len__(self) -> int:
        return len(self._windows)
