"""Small storms; `make soak` has the large ones."""

from collections.abc import Iterator

import pytest

from tests.soak.site import Site, running_site
from tests.soak.storms import storm


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


async def test_many_writers_at_once(site: Site) -> None:
    passed = await storm(site, operations=15)

    assert passed.findings == []
    assert len(passed.load.acknowledged) == 8 * 15
    assert passed.load.looks > 0


async def test_a_killed_server_keeps_what_it_acknowledged(site: Site) -> None:
    passed = await storm(site, kills=1, kill=site.kill_server)

    assert passed.findings == []
    assert passed.load.counts["cut"] > 0


async def test_a_killed_database_keeps_what_was_acknowledged(site: Site) -> None:
    passed = await storm(site, kills=1, kill=site.kill_postgres)

    assert passed.findings == []
    assert passed.load.counts["put off"] > 0
