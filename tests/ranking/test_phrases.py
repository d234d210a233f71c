"""Phrases hold for the whole of a text, however often it repeats a word and however long it is."""

from itertools import pairwise
from random import Random
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from app.documents.searchable import CHUNKS
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.ranking.test_search_tasks import search, titles
from tests.ranking.texts import make_searchable, read

TEXTS = {
    "repeated": "repeated\n" + "apple pie " * 300 + "apple tart",
    "late": "late\n" + "the " * 16_100 + "apple crumble",
    "at the edge": "at the edge\n" + "the " * 16_379 + "quince apple",  # whose places are 16,383 and 16,384
    "far apart": "far apart\n" + "the " * 16_100 + "apple " + "the " * 200 + "crumble",
    "reversed": "reversed\n" + "crumble apple " * 300,
    "apart": "apart\napple with crumble, pie and tart",
    "stretched": "stretched\n" + "plum " * 260 + "apple --- ( \n\n\n ) tarts " + "plum " * 300,
    "long words": "long words\n" + "plum" * 40 + " plum " * 300 + "x" * 190 + " apple tart " + "y" * 300,
}
PHRASES = {
    '"apple tart"': {"repeated", "stretched", "long words"},
    '"apple pie"': {"repeated"},
    '"pie apple"': {"repeated"},
    '"tart apple"': set(),
    '"apple crumble"': {"late", "reversed"},
    '"apple apple"': set(),
    '"quince apple"': {"at the edge"},
    '"apple quince"': set(),
    '"crumble apple"': {"reversed"},
    '"apple tart" "pie apple"': {"repeated"},
    '"apple tart" "apple crumble"': set(),
    '"pie apple tart"': {"repeated"},
    '"apple the crumble"': {"apart"},  # words that are in every text stand for each other
    '"crumble"': {"late", "far apart", "reversed", "apart"},
    'apple -"apple tart"': {"late", "at the edge", "far apart", "reversed", "apart"},
    'apple -"apple crumble" -"crumble apple"': {
        "repeated",
        "at the edge",
        "far apart",
        "apart",
        "stretched",
        "long words",
    },
    'apple -"tart apple"': set(TEXTS),
    'apple -"apple pie" -tart -crumble': {"at the edge"},
    '"apple tart" -"pie apple"': {"stretched", "long words"},
}


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, list(TEXTS.values()))


@pytest.mark.parametrize("mode", ["HYBRID", "FULL_TEXT"])
@pytest.mark.parametrize("query", PHRASES)
async def test_a_phrase_is_where_the_text_says_it(api: Api, tenant: Tenant, query: str, mode: str) -> None:
    assert set(await titles(api, tenant, query, mode=mode)) == PHRASES[query]


async def test_phrases_are_found_wherever_they_stand(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    """Each pair of words of a text, and none that is not there, across all the pieces that it is read in."""
    draw = Random(8)
    words = [f"{letter}{'o' * draw.randint(1, 25)}{letter}" for letter in "bcdfghklmnprstvw"]
    said = draw.choices(words[:-2], k=3_000)
    own = await make_searchable(superuser, ["Words\n" + " ".join([*said, words[-2], words[-1], *said[:300]])])
    pairs = set(pairwise([*said, words[-2], words[-1], *said[:300]]))

    asked = [(words[-2], words[-1]), (words[-1], words[-2]), *draw.sample(sorted(pairs), 6)]
    asked += draw.sample(sorted({(one, other) for one in words for other in words} - pairs), 6)
    for one, other in asked:
        found = await titles(api, own, f'"{one} {other}"', mode="FULL_TEXT")
        assert bool(found) == ((one, other) in pairs), (one, other)


CHUNK = (
    "INSERT INTO document_chunks (organization_id, id, document_id, index, page, text) VALUES ($1, $2, $3, 1, 1, $4)"
)
DOCUMENTS = """query ($id: ID!, $text: String!) {
  searchDocuments(organizationId: $id, query: $text, mode: FULL_TEXT) { nodes { title } }
}"""


async def test_chunks_of_documents_hold_phrases(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, documents=2)
    texts = ["apple pie " * 300 + "apple tart", "git commit -m apple --amend"]
    ids = [new_id(), new_id()]
    for chunk_id, document_id, text in zip(ids, tenant.documents, texts, strict=True):
        await superuser.execute(CHUNK, tenant.id, chunk_id, document_id, text)
    await read(superuser, CHUNKS, tenant, ids, texts)

    for query, expected in {
        '"apple tart"': ["Document 1"],
        '"pie apple tart" apple': ["Document 1"],
        '"tart apple"': [],
        'apple -"apple tart"': ["Document 2"],
        "git commit –m apple": ["Document 2", "Document 1"],  # noqa: RUF001  # as phones write it
    }.items():
        found = await api.data(DOCUMENTS, who=tenant.owner, id=str(tenant.id), text=query)
        assert [node["title"] for node in found["searchDocuments"]["nodes"]] == expected, query


async def test_a_title_that_is_what_was_typed_is_first(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    texts = ["Export", "Exports", "Expert export", "Exprot", "Expor", "Export exports expert exporting", "Exporters"]
    own = await make_searchable(superuser, [*(f"Export number {number} of all" for number in range(300)), *texts])

    found = await search(api, own, " “export”", mode="FUZZY", first=50)
    assert [found["edges"][0]["node"]["title"], found["edges"][0]["score"]] == ["Export", 1.0]
    assert all(edge["score"] < 1 for edge in found["edges"][1:])
    assert found["edges"][0]["matchedBy"] == ["FUZZY"]
    assert (await titles(api, own, "EXPERT EXPORT", mode="FUZZY", first=1)) == ["Expert export"]
    assert "Export" not in await titles(api, own, "Expert -export", mode="FUZZY", first=1)


async def test_titles_that_are_what_was_typed_move_nothing_between_pages(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    own = await make_searchable(superuser, ["Weekly report", *(f"Weekly report {number}" for number in range(8))])
    expected = await titles(api, own, "weekly report", mode="FUZZY")
    first = await search(api, own, "weekly report", mode="FUZZY", first=4)
    await superuser.execute("UPDATE tasks SET title = 'Another' WHERE id = $1", own.tasks[0])
    second = await search(api, own, "weekly report", mode="FUZZY", after=first["pageInfo"]["endCursor"])

    assert [edge["node"]["title"] for page in (first, second) for edge in page["edges"]] == expected
    assert expected[0] == "Weekly report"
