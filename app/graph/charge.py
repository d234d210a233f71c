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


class CostEstimate(NamedTuple):
    """What is known of an operation before it is run."""

    least: int  # points
    most: int  # points, where its lists are full
    objects: int  # that its lists could hold


class Charge(NamedTuple):
    """What has been taken for an operation, and how its account stands."""

    points: int
    estimate: CostEstimate
    standing: Standing


class Allowance(NamedTuple):
    """What the operator lets tenants have."""

    points_per_key: int  # a minute
    organizations: int  # of one owner


PLENTY = Allowance(1_000_000, 1_000_000)
NO_ESTIMATE = CostEstimate(0, 0, 0)
NO_CHARGE = Charge(0, NO_ESTIMATE, Standing(0, 0, 0.0, fits=True))
