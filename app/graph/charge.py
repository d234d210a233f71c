"""What an operation takes of its caller's minute, and how that minute stands."""

from math import ceil
from time import time
from typing import NamedTuple


class Standing(NamedTuple):
    """How much of an account's minute is used; `fits` says whether what was asked for last has been taken."""

    limit: int
    used: int
    resets_at: float  # Unix seconds
    fits: bool

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def wait(self) -> int:
        """Whole seconds until the next minute begins, at least one."""
        return max(ceil(self.resets_at - time()), 1)


class Charge(NamedTuple):
    """What an operation takes, for so many objects that its lists can hold, and how its account stands after it."""

    points: int
    objects: int
    standing: Standing


NO_CHARGE = Charge(0, 0, Standing(0, 0, 0.0, fits=True))
