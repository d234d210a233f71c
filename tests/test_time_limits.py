"""How long what may take: limits that contradict each other are refused, and ours do not."""

import pytest
from pydantic import ValidationError

from app import time_limits
from app.config import Settings
from app.time_limits import BACKGROUND, HOUSEKEEPING


def said_of(**chosen: float) -> list[str]:
    """What is said of a server whose environment sets these."""
    try:
        Settings.model_validate(chosen)
    except ValidationError as error:
        return [line.removeprefix("Value error, ") for one in error.errors() for line in one["msg"].split("\n")]
    return []


@pytest.mark.parametrize(
    ("chosen", "reason", "remedy"),
    [
        (
            {"statement_timeout": 30},
            (
                "TRELLIS_STATEMENT_TIMEOUT is 30 and TRELLIS_REQUEST_TIMEOUT 10, "
                "so that a request would end before its statement"
            ),
            "set TRELLIS_REQUEST_TIMEOUT to 30 or more, or TRELLIS_STATEMENT_TIMEOUT to 10 or less",
        ),
        (
            {"lock_timeout": 5.5},
            (
                "TRELLIS_LOCK_TIMEOUT is 5.5 and TRELLIS_STATEMENT_TIMEOUT 5, so that a statement would end before it "
                "has waited for its lock that long"
            ),
            "set TRELLIS_STATEMENT_TIMEOUT to 5.5 or more, or TRELLIS_LOCK_TIMEOUT to 5 or less",
        ),
        (
            {"pool_timeout": 10.5},
            (
                "TRELLIS_POOL_TIMEOUT is 10.5 and TRELLIS_REQUEST_TIMEOUT 10, so that a request would end before it "
                "has waited for a connection that long"
            ),
            "set TRELLIS_REQUEST_TIMEOUT to 10.5 or more, or TRELLIS_POOL_TIMEOUT to 10 or less",
        ),
        (
            {"deletion_timeout": 9},
            (
                "TRELLIS_REQUEST_TIMEOUT is 10 and TRELLIS_DELETION_TIMEOUT 9, so that large deletes would have less "
                "time than reads"
            ),
            "set TRELLIS_DELETION_TIMEOUT to 10 or more, or TRELLIS_REQUEST_TIMEOUT to 9 or less",
        ),
    ],
)
def test_a_limit_that_cannot_be_reached_is_refused_with_what_to_do(
    chosen: dict[str, float], reason: str, remedy: str
) -> None:
    assert said_of(**chosen) == [f"{reason}: {remedy}"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(said_of(lock_timeout=4, statement_timeout=3, request_timeout=2, deletion_timeout=1)) == 3


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"request_timeout": 120},  # then deletes have 120, too
        {"request_timeout": 0.3},
        {"statement_timeout": 0.02},
        {"statement_timeout": 10, "lock_timeout": 10, "pool_timeout": 10},
        {"request_timeout": 60, "statement_timeout": 60, "lock_timeout": 60},
    ],
)
def test_a_default_gives_way_to_what_was_chosen(chosen: dict[str, float]) -> None:
    assert said_of(**chosen) == []


def test_a_large_delete_never_has_less_time_than_a_read() -> None:
    assert Settings().longest_request == 55
    assert Settings(request_timeout=120).longest_request == 120


def test_the_limits_that_nobody_sets_fit_each_other_and_the_defaults() -> None:
    settings = Settings()
    usual = settings.work_limits
    assert BACKGROUND.lock < usual.lock < usual.statement < settings.request_timeout < settings.deletion_timeout
    assert usual.statement < BACKGROUND.statement < time_limits.IDLE_IN_TRANSACTION
    assert BACKGROUND.statement < HOUSEKEEPING.statement
    assert time_limits.ROLLBACK < time_limits.SHUTDOWN
    assert settings.deletion_timeout + time_limits.SHUTDOWN <= 60
    models, attempts = 2, 3
    assert attempts * time_limits.LONGEST_EMBEDDING <= time_limits.EMBEDDED_BATCH
    judged = time_limits.EMBEDDED_BATCH + time_limits.KNOWN_TEXT
    assert models * judged + BACKGROUND.statement < time_limits.LEASE
