"""Searching tasks: what is found, in what order, and how a page is asked for."""

from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant
from tests.ranking.texts import make_searchable, write

SEARCH = """query ($organization: ID!, $text: String!, $mode: SearchMode! = HYBRID, $filter: TaskFilter, $first: Int,
                   $after: String) {
  searchTasks(organizationId: $organization, query: $text, mode: $mode, filter: $filter, first: $first, after: $after) {
    edges { cursor score matchedBy snippet node { title key } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    degraded
  }
}"""
TEXTS = [
    "Login fails on Safari\nThe password form is rejected by the browser.",
    "Nightly export is slow\nThe database query reads every row of the table.",
    "Export invoices as spreadsheets\nCustomers want to open them in Excel.",
    "Dark theme for the settings page\nBlack background, white letters.",
    "Crash when the wi-fi drops\nThe phone loses its connection and the app quits.",
]


async def search(api: Api, tenant: Tenant, query: str, **variables: Any) -> dict[str, Any]:
    data = await api.data(SEARCH, who=tenant.owner, organization=str(tenant.id), text=query, **variables)
    found: dict[str, Any] = data["searchTasks"]
    return found


async def titles(api: Api, tenant: Tenant, query: str, **variables: Any) -> list[str]:
    return [edge["node"]["title"] for edge in (await search(api, tenant, query, **variables))["edges"]]


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, TEXTS)


async def test_by_words_the_forms_of_a_word_are_one(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, "exporting", mode="FULL_TEXT") == [
        "Export invoices as spreadsheets",
        "Nightly export is slow",
    ]


async def test_a_rare_word_counts_more_than_a_common_one(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, "export an invoice", mode="FULL_TEXT") == [
        "Export invoices as spreadsheets",
        "Nightly export is slow",
    ]


async def test_by_meaning_other_words_find_it_and_nothing_else(api: Api, tenant: Tenant) -> None:
    found = await search(api, tenant, "cannot sign in", mode="SEMANTIC")

    assert [edge["node"]["title"] for edge in found["edges"]] == ["Login fails on Safari"]
    assert [edge["matchedBy"] for edge in found["edges"]] == [["SEMANTIC"]]
    assert found["degraded"] == []


async def test_hybrid_says_by_what_it_found_each(api: Api, tenant: Tenant) -> None:
    found = await search(api, tenant, "slow smartphone database query")

    assert [(edge["node"]["title"], edge["matchedBy"]) for edge in found["edges"]] == [
        ("Nightly export is slow", ["FULL_TEXT", "SEMANTIC"]),
        ("Crash when the wi-fi drops", ["SEMANTIC"]),
    ]
    assert found["edges"][0]["score"] == 1.0
    assert all(0 <= edge["score"] <= 1 for edge in found["edges"])


async def test_a_phrase_must_be_there(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, 'browser "password form"') == ["Login fails on Safari"]
    assert await titles(api, tenant, 'browser "form password"') == []


async def test_an_unwanted_word_must_not_be_there(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, "export -excel", mode="FULL_TEXT") == ["Nightly export is slow"]
    assert "Export invoices as spreadsheets" not in await titles(api, tenant, "export -excel")


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
async def test_a_search_that_only_excludes_is_refused(api: Api, tenant: Tenant, mode: str) -> None:
    error = await api.error(SEARCH, who=tenant.owner, organization=str(tenant.id), text="–excel", mode=mode)  # noqa: RUF001  # as phones write it

    assert error["message"].startswith("`query` only says what must not be there: add a word to search for")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_option_excludes_nothing_where_that_leaves_nothing(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    commands = ["Run java -jar a.jar now", "Run java -Xmx512m -jar a.jar"]
    own = await make_searchable(superuser, [*commands, "A jar of jam"])

    for mode in "FULL_TEXT", "HYBRID", "FUZZY":
        assert (await titles(api, own, "java -Xmx512m -jar a.jar", mode=mode))[0] == commands[1]
    assert await titles(api, own, "java -jar -Xmx512m", mode="FULL_TEXT") == [commands[1], commands[0]]
    assert await titles(api, own, "run -Xmx512m", mode="FULL_TEXT") == [commands[0]]  # which leaves something
    assert await titles(api, own, "python -jar", mode="FULL_TEXT") == []  # no word is there


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
async def test_who_holds_a_command_as_it_was_typed_is_found(
    api: Api, superuser: "asyncpg.Connection[Any]", mode: str
) -> None:
    texts = ["Force it: git  push -F origin", "git push origin", "Git push f origin", "The git of F"]
    own = await make_searchable(superuser, texts)

    found = await titles(api, own, "git push –f origin", mode=mode)  # noqa: RUF001  # as phones write it
    assert sorted(found) == sorted(texts[:2])


async def test_pages_of_a_command_go_on_as_they_began(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_searchable(superuser, ["Other", *(f"git push -f {number}" for number in range(5))])
    first = await search(api, own, "git -f", mode="FULL_TEXT", first=3)
    await write(superuser, own, ["git pull"])
    second = await search(api, own, "git -f", mode="FULL_TEXT", first=3, after=first["pageInfo"]["endCursor"])

    found = [edge["node"]["title"] for page in (first, second) for edge in page["edges"]]
    assert sorted(found) == ["git pull", *(f"git push -f {number}" for number in range(5))]


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
async def test_a_key_comes_first(api: Api, tenant: Tenant, mode: str) -> None:
    first = (await search(api, tenant, "t1-4", mode=mode))["edges"][0]

    assert (first["node"]["key"], first["score"]) == ("T1-4", 1.0)
    assert first["matchedBy"][0] == "KEY"


async def test_a_key_that_nothing_has_is_no_mistyped_word(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_searchable(superuser, ["Design a door", "Open the door"])

    assert await titles(api, own, "desig", mode="FULL_TEXT") == ["Design a door"]
    assert await titles(api, own, "DESIG-99", mode="FULL_TEXT") == []


async def test_a_former_key_comes_first(api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> None:
    await superuser.execute(
        "INSERT INTO former_task_keys (organization_id, key, task_id, created_at) VALUES ($1, 'OLD-7', $2, now())",
        tenant.id,
        tenant.tasks[2],
    )

    assert (await titles(api, tenant, "OLD-7"))[0] == "Export invoices as spreadsheets"


async def test_fuzzy_finds_titles_however_they_are_spelled(api: Api, tenant: Tenant) -> None:
    found = await search(api, tenant, "safarri logn", mode="FUZZY")

    assert [(edge["node"]["title"], edge["matchedBy"]) for edge in found["edges"]] == [
        ("Login fails on Safari", ["FUZZY"])
    ]
    assert await titles(api, tenant, "databsae", mode="FUZZY") == []  # which is in no title


async def test_fuzzy_finds_a_key_without_its_dash(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, "t1 4", mode="FUZZY") == ["Dark theme for the settings page"]


@pytest.mark.parametrize("query", ["pasword", "databsae", "spreadshets"])
async def test_a_mistyped_word_is_taken_for_the_one_that_is_meant(api: Api, tenant: Tenant, query: str) -> None:
    right = {"pasword": "password", "databsae": "database", "spreadshets": "spreadsheets"}[query]

    assert await titles(api, tenant, query, mode="FULL_TEXT") == await titles(api, tenant, right, mode="FULL_TEXT")


async def test_a_new_word_is_no_mistake(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_searchable(superuser, TEXTS)
    await superuser.execute("DELETE FROM search_words WHERE organization_id = $1 AND lexeme = 'excel'", own.id)
    await superuser.execute(
        "UPDATE search_words SET lexeme = 'excels' WHERE organization_id = $1 AND lexeme = 'customer'", own.id
    )

    assert await titles(api, own, "excel", mode="FULL_TEXT") == ["Export invoices as spreadsheets"]


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC"])
async def test_a_filter_applies_before_the_limit(api: Api, superuser: "asyncpg.Connection[Any]", mode: str) -> None:
    own = await make_searchable(superuser, [f"Export number {number}" for number in range(30)])
    await superuser.execute("UPDATE tasks SET priority = 'LOW' WHERE id = ANY($1)", own.tasks[27:])

    found = await titles(api, own, "export", mode=mode, first=3, filter={"priority": {"eq": "LOW"}})

    assert sorted(found) == ["Export number 27", "Export number 28", "Export number 29"]


@pytest.mark.parametrize("query", ["", "  \n"])
async def test_a_blank_query_is_refused(api: Api, tenant: Tenant, query: str) -> None:
    error = await api.error(SEARCH, who=tenant.owner, organization=str(tenant.id), text=query)

    assert error["message"] == "`query` is blank: say what to search for."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_long_query_is_refused(api: Api, tenant: Tenant) -> None:
    assert await titles(api, tenant, "word " * 100, mode="FULL_TEXT") == []
    error = await api.error(SEARCH, who=tenant.owner, organization=str(tenant.id), text="w" * 501)

    assert error["message"] == "`query` has 501 characters: at most 500 are allowed."


@pytest.mark.parametrize(
    "query", ["'", "\\", "a:*", "!", "&|", "(", "<->", "'); --", '"', "-", '-"', "œ" * 500, "\x01"]
)
@pytest.mark.parametrize("mode", ["HYBRID", "FULL_TEXT", "FUZZY"])
async def test_nothing_that_is_typed_breaks_a_search(api: Api, tenant: Tenant, mode: str, query: str) -> None:
    assert len((await search(api, tenant, query, mode=mode))["edges"]) <= 5


@pytest.mark.parametrize("whose", ["another's", "nobody's"])
async def test_an_organization_of_others_is_absent(
    api: Api, superuser: "asyncpg.Connection[Any]", tenant: Tenant, whose: str
) -> None:
    other = await make_searchable(superuser, TEXTS)
    asked = other.id if whose == "another's" else new_id()
    error = await api.error(SEARCH, who=tenant.owner, organization=str(asked), text="export")

    assert (error["message"], error["extensions"]["code"]) == ("There is no such organization.", "NOT_FOUND")


async def test_a_deleted_task_is_gone_at_once_and_back_when_restored(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    own = await make_searchable(superuser, TEXTS)
    gone, both = ["Nightly export is slow"], ["Export invoices as spreadsheets", "Nightly export is slow"]
    assert await titles(api, own, "export", mode="FULL_TEXT") == both

    await api.data("mutation ($id: ID!) { deleteTask(id: $id) { deletedIds } }", who=own.owner, id=str(own.tasks[2]))
    assert await titles(api, own, "export", mode="FULL_TEXT") == gone
    assert await titles(api, own, "export", mode="SEMANTIC") == gone

    await api.data("mutation ($id: ID!) { restoreTask(id: $id) { task { id } } }", who=own.owner, id=str(own.tasks[2]))
    assert await titles(api, own, "export", mode="FULL_TEXT") == both
    assert await titles(api, own, "export", mode="SEMANTIC") == both


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT"])
async def test_pages_are_of_one_ranking_whatever_is_written_meanwhile(
    api: Api, superuser: "asyncpg.Connection[Any]", mode: str
) -> None:
    texts = [f"Export {'report ' * (number % 7)}{number}\nThe {'slow ' * (number % 5)}file" for number in range(60)]
    own = await make_searchable(superuser, [*texts, "A task", "Another"])
    expected = await titles(api, own, "slow export report", mode=mode, first=40)
    seen: list[str] = []
    after = None
    while len(seen) < 40:
        page = await search(api, own, "slow export report", mode=mode, first=8, after=after)
        seen += [edge["node"]["title"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        # Better than all of them, so that the best of each leg is another; and the words are counted anew.
        await write(superuser, own, [*texts, "slow export report", f"report {len(seen)}"])

    assert seen == expected


async def test_a_cursor_of_another_search_is_refused(api: Api, tenant: Tenant) -> None:
    cursor = (await search(api, tenant, "export", first=1))["edges"][0]["cursor"]
    for given in ({"text": "exports"}, {"text": "export", "mode": "FULL_TEXT"}, {"after": "AAAA"}, {"after": "é"}):
        arguments = {"text": "export", "after": cursor, **given}
        error = await api.error(SEARCH, who=tenant.owner, organization=str(tenant.id), **arguments)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_all_pages_hold_two_hundred_at_most(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_searchable(superuser, [f"Export {number}" for number in range(210)])
    first = await search(api, own, "export", mode="FULL_TEXT", first=100)
    second = await search(api, own, "export", mode="FULL_TEXT", first=100, after=first["pageInfo"]["endCursor"])

    assert (len(first["edges"]), first["pageInfo"]["hasNextPage"]) == (100, True)
    assert (len(second["edges"]), second["pageInfo"]["hasNextPage"]) == (100, False)
    assert len({edge["node"]["key"] for page in (first, second) for edge in page["edges"]}) == 200
    third = await search(api, own, "export", mode="FULL_TEXT", after=second["pageInfo"]["endCursor"])
    assert third["edges"] == []


async def test_a_snippet_marks_the_words_and_escapes_the_rest(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    own = await make_searchable(superuser, ['<script>alert("exports")</script> & \x01exporting\x02\nTom\'s <b>'])
    (edge,) = (await search(api, own, "export", mode="FULL_TEXT"))["edges"]

    assert edge["snippet"] == (
        "script&gt;alert(&quot;<mark>exports</mark>&quot;)&lt;/script&gt; &amp; <mark>exporting</mark>\n"
        "Tom&#x27;s &lt;b"
    )


async def test_a_snippet_turns_nothing_around_that_stands_beside_it(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    own = await make_searchable(superuser, ["Exports \u202e of \u2069\u2067 tasks"])
    (edge,) = (await search(api, own, "export", mode="FULL_TEXT"))["edges"]

    assert edge["snippet"] == "\u2068<mark>Exports</mark> \u202e of \u2067 tasks\u2069\u2069"


async def test_where_no_word_matches_the_snippet_is_the_start(api: Api, tenant: Tenant) -> None:
    first = (await search(api, tenant, "unable to authenticate", mode="SEMANTIC", first=1))["edges"][0]

    assert first["snippet"] == "Login fails on Safari\nThe password form is rejected by"
