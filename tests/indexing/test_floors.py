"""Each model has its floor beside it, from the moment when texts are embedded by it."""

import pytest

from app.commands.embed import fill_and_switch
from app.embedders.measure import FOREIGN
from tests.indexing.conftest import Site

FLOORS = "SELECT name, floor FROM embedding_models ORDER BY id"


async def embed(site: Site, name: str | None, *, switch: bool = False) -> None:
    owner_url = site.superuser_url
    await fill_and_switch(site.models.settings, owner_url, name, switch=switch, progress=lambda *_: None)


async def floors(site: Site) -> dict[str, float | None]:
    return {row["name"]: row["floor"] for row in await site.superuser.fetch(FLOORS)}


async def test_the_first_model_comes_with_its_own(site: Site) -> None:
    assert await floors(site) == {"openai:test": pytest.approx(0.22)}  # which was wordllama a moment ago


async def test_a_new_model_is_measured_once(site: Site) -> None:
    await embed(site, "openai:other")
    assert await floors(site) == {"openai:test": pytest.approx(0.22), "openai:other": -1}

    await embed(site, "openai:other", switch=True)
    assert await floors(site) == {"openai:other": -1}
    assert {site.server.asked[text] for text in FOREIGN} == {1}


async def test_one_that_was_there_before_there_were_floors_is_measured_by_the_next_command(site: Site) -> None:
    await site.superuser.execute("UPDATE embedding_models SET floor = NULL")
    await embed(site, None)

    assert await floors(site) == {"openai:test": -1}


async def test_a_switch_brings_the_floor_of_the_model(site: Site) -> None:
    await embed(site, "wordllama", switch=True)

    assert await floors(site) == {"wordllama": pytest.approx(0.22)}
