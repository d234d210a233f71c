"""An application that tells its metrics to whoever has the token."""

from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from app import time_limits
from app.config import Settings
from app.metrics import stored
from tests.api import SECRET, Api, serving
from tests.conftest import Database
from tests.metrics.scraping import TOKEN


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    """A machine that is busy takes longer than a scrape would wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "LONGEST", 60.0)
        patch.setattr(time_limits, "SCRAPE", time_limits.SCRAPE._replace(connection=60.0, statement=60.0))
        yield


@pytest.fixture
async def fresh(database: Database) -> AsyncIterator[Api]:
    """One that has counted nothing yet."""
    async with serving(settings_of(database)) as api:
        yield api


@pytest.fixture(scope="module")
async def telling(database: Database) -> AsyncIterator[Api]:
    async with serving(settings_of(database)) as api:
        yield api


def settings_of(database: Database) -> Settings:
    return Settings(
        database_url=database.runtime_url,
        jwt_secret=SecretStr(SECRET),
        metrics_token=SecretStr(TOKEN),
        pool_size=1,
        pool_timeout=0.1,
    )
