"""How long what may take, in seconds, and which of two limits has to be the longer.

`docs/operations.md` says what happens at the end of each.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class WorkLimits(NamedTuple):
    """Of one kind of work in the database."""

    connection: float  # to wait for one
    statement: float
    lock: float  # to wait for one, within a statement


# Embedding, cutting documents, the purge, noting what was used. What its transactions hold, requests may have to wait
# for until their `lock_timeout` ends that: they write small batches, and give up on locks sooner than requests.
BACKGROUND: Final = WorkLimits(connection=10.0, statement=30.0, lock=1.0)
# What waits is counted for whoever looks after the server: a second late it is of no use.
SCRAPE: Final = WorkLimits(connection=1.0, statement=1.0, lock=0.5)
# What has to go through a whole organization, such as counting its words: it holds no lock that a request waits for.
HOUSEKEEPING: Final = WorkLimits(connection=10.0, statement=300.0, lock=1.0)
# A job that was taken in the background is another's after this: its worker is gone. What it takes must be over sooner:
# two models are each asked for a batch, and for a text that they know where they fail; the worst megabyte of a document
# is cut in a twentieth of it.
LEASE: Final = 180.0
LONGEST_EMBEDDING: Final = 15.0  # for one answer of a model
EMBEDDED_BATCH: Final = 45.0  # three of them
KNOWN_TEXT: Final = 15.0  # for the text that tells a model that is down from one that fails at a batch

MIGRATION_LOCK: Final = 5.0  # who waits for a lock on a table makes everybody else wait behind it
# An index that is built concurrently waits for every older transaction, such as a backup's, and nobody waits behind it.
INDEX_LOCK: Final = 86_400.0
CONNECT: Final = 10.0  # to open a connection outside of a pool
ROLLBACK: Final = 1.0  # a connection that cannot even end its transaction is thrown away
IDLE_IN_TRANSACTION: Final = 60.0  # a process that hangs must not hold its locks for ever
SHUTDOWN: Final = 5.0  # beyond the longest request: what began before SIGTERM is finished

# A setting, the one that it has to keep within, and what would happen otherwise.
WITHIN: Final = (
    ("lock_timeout", "statement_timeout", "a statement would end before it has waited for its lock that long"),
    ("statement_timeout", "request_timeout", "a request would end before its statement"),
    ("pool_timeout", "request_timeout", "a request would end before it has waited for a connection that long"),
)


class TimeLimits(BaseSettings):
    """The time limits that the environment can change. Raises where one that it sets can never be reached."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, extra="ignore")

    request_timeout: float = Field(
        default=10.0,
        gt=0,
        description="Seconds for a request to be read and run: then it is undone and refused.",
    )
    deletion_timeout: float = Field(
        default=55.0,  # a million rows or so; nginx and most load balancers wait 60 seconds for an answer
        gt=0,
        description="Seconds for a request that deletes, restores, purges or erases more than fits into "
        "`request_timeout`: "
        "below what proxies wait for an answer.",
    )
    pool_timeout: float = Field(
        default=2.0,
        gt=0,
        description="Seconds an operation waits for a connection before it is told to come back: by a 503, or by a 429 "
        "where it waits for others of the same caller.",
    )
    statement_timeout: float = Field(
        default=5.0,
        gt=0,
        description="Seconds one SQL statement may take: a slow one must not hold a connection.",
    )
    lock_timeout: float = Field(default=2.0, gt=0, description="Seconds a statement waits for a lock.")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if said := "\n".join(self._contradictions()):
            raise ValueError(said)
        return self

    def _contradictions(self) -> Iterator[str]:
        """What to do about each setting that was chosen and cannot be reached. A default gives way to what was chosen:
        where it cannot be reached, that is against nobody's wish."""
        chosen = self.model_fields_set
        for name, longer, otherwise in WITHIN:
            if name in chosen and getattr(self, name) > getattr(self, longer):
                yield self._told(longer, name, otherwise)
        if "deletion_timeout" in chosen and self.deletion_timeout < self.request_timeout:
            yield self._told("deletion_timeout", "request_timeout", "large deletes would have less time than reads")

    def _told(self, shorter: str, longer: str, otherwise: str) -> str:
        high, low = (f"TRELLIS_{name.upper()}" for name in (longer, shorter))
        much, little = (f"{getattr(self, name):g}" for name in (longer, shorter))
        return (
            f"{high} is {much} and {low} {little}, so that {otherwise}: "
            f"set {low} to {much} or more, or {high} to {little} or less"
        )

    @property
    def longest_request(self) -> float:
        """Seconds for a request that is allowed to take more than others."""
        return max(self.deletion_timeout, self.request_timeout)

    @property
    def work_limits(self) -> WorkLimits:
        """How long requests may take in the database."""
        return WorkLimits(self.pool_timeout, self.statement_timeout, self.lock_timeout)


def milliseconds(seconds: float) -> str:
    """A time limit as PostgreSQL's settings have it, where 0 would be none."""
    return str(max(int(seconds * 1000), 1))
