"""What people type, beside the texts that they mean and those that they do not: every query in every mode."""

# ruff: noqa: RUF001  # quotation marks and dashes as people type them

from typing import Any, NamedTuple

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_search_tasks import search
from tests.ranking.texts import make_searchable

TEXTS = {
    "form": "The password form fails in Safari",
    "forms": "Form of a password that fails",
    "excel": "Export invoices to Excel",
    "export": "Nightly export is slow",
    "force": "git push -f origin main",
    "push": "git push origin feature",
    "verbose": "ls -la --color=auto",
    "heap": "java -Xmx512m -jar a.jar",
    "java": "java -version prints nothing",
    "curl": 'curl -X POST -H "Accept: text/html" example.com',
    "tar": "tar -xzf backup.tar.gz -C /srv",
    "commit": 'git commit -m "fix the login"',
    "grep": "grep -rn TODO src | wc -l",
    "psql": "psql -U postgres -d trellis",
    "quoted": "Der „Knopf“ zeigt «rien» und “nothing”",
    "cjk": "「検索」 button is broken",
    "apostrophe": "Don’t lose the user's draft",
    "wifi": "Crash when wi‑fi drops",
    "range": "Retry 3–5 times — then give up",
    "minus": "Balance shows −5 euros",
    "release": "Push feature –release",
    "party": "🎉 Launch party",
    "emoji": "🎉",
    "signs": "!!! ???",
    "who": "Tickets for the Who concert",
    "bold": "Bold buttons",
    "button": "Button",
}


class Typed(NamedTuple):
    """What finds these texts by their words, and these in no mode."""

    query: str
    finds: str = ""
    never: str = ""


QUERIES = [
    Typed("“password form”", "form", "forms excel"),
    Typed("„password form“ fails", "form", "forms"),
    Typed("«password form»", "form", "forms"),
    Typed("« password form »", "form", "forms"),
    Typed("」password form「", "form", "forms"),
    Typed("＂password form＂", "form", "forms"),
    Typed("password “form", "form forms", "excel"),
    Typed("fails -“password form”", "forms", "form"),
    Typed("fails –“password form”", "forms", "form"),
    Typed("export –excel", "export", "excel"),
    Typed("export —excel", "export", "excel"),
    Typed("export −excel", "export", "excel"),
    Typed("export ‑excel", "export", "excel"),
    Typed("\u200eexport\u00a0\u200b–excel", "export", "excel"),
    Typed("–excel export", "export", "excel"),
    Typed("export – excel", "export excel"),
    Typed('export "invoices" -xylophone', "excel", "export"),
    Typed("git push -f origin", "force push"),
    Typed("git push –f origin main", "force push"),
    Typed("GIT PUSH  -F", "force push"),
    Typed("git -f", "push commit", "force"),
    Typed("push -origin", "release", "push force"),
    Typed("git push -feature", "force commit", "push"),
    Typed("ls -la", "verbose"),
    Typed("ls --color=auto", "verbose"),
    Typed("ls -l -a", "verbose"),
    Typed("java -Xmx512m -jar a.jar", "heap"),
    Typed("-Xmx512m java", "java", "heap"),
    Typed("java -version", "java heap"),
    Typed('curl -X POST -H "Accept: text/html" example.com', "curl"),
    Typed("curl -X POST -H “Accept: text/html”", "curl"),
    Typed("tar -xzf backup.tar.gz -C /srv", "tar"),
    Typed("tar -xzf", "tar"),
    Typed('git commit -m "fix the login"', "commit", "push force"),
    Typed("git commit –m „fix the login“", "commit", "push force"),
    Typed("grep -rn TODO src | wc -l", "grep"),
    Typed("psql -U postgres -d trellis", "psql"),
    Typed("psql -U", "psql"),
    Typed("Knopf", "quoted"),
    Typed("„Knopf“", "quoted"),
    Typed('"rien"', "quoted"),
    Typed('"nothing" -prints', "quoted", "java"),
    Typed("Don't lose", "apostrophe"),
    Typed("“don’t lose”", "apostrophe"),
    Typed("user’s draft", "apostrophe"),
    Typed("“user’s draft”", "apostrophe"),
    Typed("retry 5 times", "range"),
    Typed("crash drops", "wifi"),
    Typed("broken –button", "cjk"),
    Typed("party –🎉", "party"),
    Typed("launch", "party"),
    Typed("buttons", "button bold cjk"),
    Typed("“bold button”", "bold", "button cjk"),
    Typed("concert -the", "who"),
    Typed('"nothing at large"', "", "java quoted"),
    Typed("push the feature –release", "push force", "release"),
    Typed("push feature -release", "release"),
    Typed("the wi-fi -drops", "", "excel"),
    Typed("検索", "cjk"),
    Typed("“検索”", "cjk"),
    Typed("broken -検索", "cjk"),
    Typed("button -検索", "button bold", "cjk"),
    Typed("xylophone -export", "", "export excel"),
    Typed("balance -euros", "minus"),
    Typed("balance shows -5", "minus"),
    Typed("Balance shows –5 euros", "minus"),
    Typed("“shows −5 euros”", "minus"),
    Typed("🎉", "emoji party", "release"),
    Typed("party -🎉", "party"),
    Typed("“🎉 launch”", "party", "emoji"),
    Typed("… ‐ “”", ""),
    Typed("\u202e\u200b„", ""),
    Typed("'; DROP TABLE tasks; --", ""),
    Typed("a & b | !c <-> (d) :* \\", ""),
]
REFUSED = ["-excel", "–excel", "—“password form”", "-a −b ‑c", "\u200b-excel"]
HOSTILE = [
    "'",
    "\\'",
    "%s $1 {0} :x",
    '"<->" -"a <-> b:*"',
    "\x01\x02\x13",
    '"' * 500,
    "a -" * 160,
    '-" ' * 100 + "a",
    '"a" ' * 120,
    "x" * 250 + '"' + "y" * 249,
    "\U0001f468\u200d" * 200,
    "ﷺ" * 500,
    "漢字" * 250,
    "\u0344" * 500,
    "a.b/c@d:e " * 50,
    '"http://a/ <-> /b" -http://a/<->/b',
]
BLANK = ["\u200b", "\u00a0\u3000", "\u202e\ufeff"]
BY_WORDS = ("HYBRID", "FULL_TEXT", "FUZZY")


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, list(TEXTS.values()))


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
async def test_what_is_typed_finds_what_is_meant(api: Api, tenant: Tenant, mode: str) -> None:
    names = {title: name for name, title in TEXTS.items()}
    wrong = []
    for query, finds, never in QUERIES:
        found = await search(api, tenant, query, mode=mode, first=30)
        there = {names[edge["node"]["title"]] for edge in found["edges"]}

        lost = set(finds.split()) - there if mode in BY_WORDS else set()
        if lost or there & set(never.split()) or found["degraded"]:
            wrong.append((query, there))
    assert wrong == []


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
async def test_a_title_as_it_stands_is_found_first(api: Api, tenant: Tenant, mode: str) -> None:
    """What a text is called finds it, whatever signs that has; by meaning, what has no words does not."""
    found = {
        title: [edge["node"]["title"] for edge in (await search(api, tenant, title, mode=mode, first=1))["edges"]]
        for name, title in TEXTS.items()
        if name not in ("emoji", "signs")
    }
    assert found == {title: [title] for title in found}


@pytest.mark.parametrize("mode", ["HYBRID", "SEMANTIC", "FULL_TEXT", "FUZZY"])
async def test_whatever_is_typed_is_searched_for(api: Api, tenant: Tenant, mode: str) -> None:
    for query in HOSTILE:
        assert (await search(api, tenant, query, mode=mode))["degraded"] == [], query


@pytest.mark.parametrize(("queries", "said"), [(REFUSED, "only says what must not be there"), (BLANK, "is blank")])
async def test_what_asks_for_nothing_is_refused(api: Api, tenant: Tenant, queries: list[str], said: str) -> None:
    for query in queries:
        error = await api.error(
            "query ($id: ID!, $text: String!) { searchTasks(organizationId: $id, query: $text) { nodes { id } } }",
            who=tenant.owner,
            id=str(tenant.id),
            text=query,
        )
        assert error["extensions"]["code"] == "BAD_USER_INPUT", query
        assert said in error["message"], query
