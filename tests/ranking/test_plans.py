"""Searches in a new organization read its own rows, whatever PostgreSQL knows, or believes, of all organizations."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.postgres.server import Addresses
from app.ranking import scope
from tests.api import SECRET, serving
from tests.crowd import OWN as TASKS
from tests.crowd import STATES, Crowd, making_crowd
from tests.documents.test_search import SEARCH as DOCUMENTS
from tests.documents.test_search import make_documents
from tests.factories import Tenant
from tests.ranking.test_names import forget
from tests.ranking.test_search_tasks import SEARCH
from tests.reading import Asker

MODES = ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"]
# Its 300 tasks, their vectors, the words that share trigrams with three, and 20 tasks with their teams to be shown. The
# others have 20,000 words, 5,000 texts and as many teams and members.
MOST_READ = 1_100
LONG = 400  # chunks of one document, in an organization with one chunk beside
# What a search of documents may read: each chunk with its document, text and vector; and among many that again, where
# the index gives up and all are compared, with the vectors of the others that the index came by.
MOST_OF_DOCUMENTS = {scope.FEW: 8 * LONG, 1: 20 * LONG}
QUERIES = {
    "three words mistyped": "plaftorm conect documnet",
    "an unknown word": "xylophone",
}


@pytest.fixture(scope="module")
async def crowd(addresses: Addresses) -> AsyncIterator[Crowd]:
    async with making_crowd(addresses, "crowd") as made:
        yield made


@pytest.fixture(scope="module")
async def documents(crowd: Crowd) -> Tenant:
    """Who has a long one, unknown to the statistics as they are first."""
    long = [f"The backup of backups, backup {number}." for number in range(LONG)]
    return await make_documents(crowd.superuser, {"Backup": long, "Holidays": ["One more backup of the calendar."]})


@pytest.fixture(scope="module", params=STATES)
async def asker(crowd: Crowd, documents: Tenant, request: pytest.FixtureRequest) -> AsyncIterator[Asker]:
    """The application over the crowd, with statistics that are in one of the states."""
    assert documents.id != crowd.newest.id
    await STATES[request.param](crowd)
    settings = Settings(database_url=crowd.url, jwt_secret=SecretStr(SECRET), pool_size=2)
    async with serving(settings) as api:
        counting, asking = await api.database.acquire(), await api.database.acquire()
        made = Asker(api, asking, counting)
        api.database.release(asking)
        yield made
        api.database.release(counting)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_a_search_reads_its_own_organization(crowd: Crowd, asker: Asker, mode: str, query: str) -> None:
    read = await asker.read(SEARCH, who=crowd.newest.owner, organization=str(crowd.newest.id), text=query, mode=mode)

    rows = {name: amount for name, amount in read.items() if not name.endswith("()")}
    assert sum(rows.values()) <= MOST_READ, read
    words = len(query.split())
    assert (read["trellis_trigrams()"], read["trellis_terms()"]) <= (words, 2 * words + 1)


@pytest.mark.parametrize("mode", MODES[:3])
@pytest.mark.parametrize("few", MOST_OF_DOCUMENTS, ids=["few", "many"])
async def test_a_search_of_documents_reads_its_own_organization(
    documents: Tenant, asker: Asker, monkeypatch: pytest.MonkeyPatch, mode: str, few: int
) -> None:
    monkeypatch.setattr(scope, "FEW", few)
    forget()
    read = await asker.read(DOCUMENTS, who=documents.owner, organization=str(documents.id), text="backup", mode=mode)
    forget()

    rows = sum(amount for name, amount in read.items() if not name.endswith("()"))
    assert LONG < rows <= MOST_OF_DOCUMENTS[few], read


SIMILAR = """query ($organization: ID!) {
    organization(by: {id: $organization}) { tasks(first: 4) { nodes { similar(first: 5) { similarity } } } }
}"""


async def test_what_is_similar_reads_its_own_organization(crowd: Crowd, asker: Asker) -> None:
    """Of each of four, the 300 vectors and their tasks; the list of the four, and once the vectors, to count them."""
    read = await asker.read(SIMILAR, who=crowd.newest.owner, organization=str(crowd.newest.id))

    assert read["tasks"] <= 5 * TASKS + 25, read
    assert read["embeddings"] <= 5 * TASKS + 25, read


@pytest.mark.parametrize("mode", MODES)
async def test_phrases_and_options_read_their_own_organization(crowd: Crowd, asker: Asker, mode: str) -> None:
    """Of 3,000 words those with the trigrams of seven, too."""
    words = await crowd.superuser.fetchval(
        "SELECT title FROM tasks WHERE organization_id = $1 LIMIT 1", crowd.newest.id
    )
    one, two, three, other = words.split()[:4]
    text = f'"{one} {two} {three}" -xylophone {words} -{other}'
    read = await asker.read(SEARCH, who=crowd.newest.owner, organization=str(crowd.newest.id), text=text, mode=mode)

    assert sum(amount for name, amount in read.items() if not name.endswith("()")) <= 2 * MOST_READ, read
    assert read["trellis_pieces()"] == 0
    assert read["trellis_terms()"] <= 40, read


LIST = """query ($organization: ID!, $filter: TaskFilter) {
    organization(by: {id: $organization}) { tasks(first: 20, filter: $filter) { nodes { title } } }
}"""
OWN = "{ viewer { teams { totalCount nodes { name } } tasks { totalCount nodes { key } } } }"
SORTED = """query ($organization: ID!, $order: [TaskOrder!]) {
    organization(by: {id: $organization}) { tasks(first: 20, orderBy: $order) { nodes { title } } }
}"""
RELATIONS = [
    {"assignee": {"user": {"email": {"contains": "x0"}}}},
    {"and": [{"assignee": {"user": {"email": {"contains": "x0"}}}}, {"team": {"name": {"contains": "x0"}}}]},
    {"team": {"name": {"eq": "none"}}},
    {"key": {"eq": "T2-7"}},
    {"dueWindow": {"eq": "OVERDUE"}},
]


@pytest.mark.parametrize("condition", RELATIONS, ids=["assignee", "both", "team", "key", "due"])
async def test_a_list_by_what_tasks_belong_to_reads_its_own_organization(
    crowd: Crowd, asker: Asker, condition: dict[str, Any]
) -> None:
    read = await asker.read(LIST, who=crowd.newest.owner, organization=str(crowd.newest.id), filter=condition)

    assert sum(amount for name, amount in read.items() if not name.endswith("()")) <= MOST_READ, read


async def test_ones_own_lists_read_what_is_ones_own(crowd: Crowd, asker: Asker) -> None:
    """The owner's 100 tasks in four teams: all are counted, and 21 of each team read, with the team for their keys."""
    read = await asker.read(OWN, who=crowd.newest.owner)

    assert read["tasks"] <= 100 + 4 * 21, read
    assert read["team_members"] <= 4 * 4, read
    assert sum(amount for name, amount in read.items() if not name.endswith("()")) <= 350, read


@pytest.mark.parametrize(
    ("order", "most"),
    [
        ([{"field": "PRIORITY"}, {"field": "DUE_DATE"}], TASKS + 1),
        ([{"field": "DUE_DATE", "direction": "DESC"}], TASKS + 1),
        ([{"field": "STATUS"}, {"field": "TITLE"}], 2 * TASKS + 1),
    ],
    ids=["with an index", "the latest first", "sorted"],
)
async def test_a_list_by_several_fields_reads_its_own_organization(
    crowd: Crowd, asker: Asker, order: list[dict[str, str]], most: int
) -> None:
    read = await asker.read(SORTED, who=crowd.newest.owner, organization=str(crowd.newest.id), order=order)

    assert sum(amount for name, amount in read.items() if not name.endswith("()")) <= most, read
