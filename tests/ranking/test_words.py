"""What are the same words: with and without accents, whole and in parts, with signs, and where nobody writes blanks."""

# ruff: noqa: RUF001  # letters that look like others are what is tried

from typing import Any
from unicodedata import normalize

import asyncpg
import pytest

from tests.api import Api
from tests.factories import Tenant
from tests.ranking.test_search_tasks import search, titles
from tests.ranking.texts import make_searchable

# A title, the queries that find it, and those that do not.
TITLES: dict[str, tuple[list[str], list[str]]] = {
    "Café opens at nine": (["cafe", "Café", "CAFE", "CAFÉ", "Cafés", normalize("NFD", "café")], ["cafeteria"]),
    "Cafe without one": (["café", "cafe"], []),
    normalize("NFD", "Send the résumé to Ada"): (["resume", "résumé", "Résumés", "RESUME"], []),
    "Resume the upload": (["résumé"], []),
    "Büro in Köln": (["buro", "BÜRO", "koln", "köln"], ["bureau"]),
    "Straße gesperrt": (["strasse", "straße", "STRASSE"], []),
    "Smørrebrød for Søren": (["smorrebrod", "soren", "SØREN"], []),
    "Trip to Łódź": (["lodz", "łódź"], []),
    "L'œuvre is a façade": (["oeuvre", "facade", "façade"], []),
    "İzmir and ığdır": (["izmir", "igdir"], []),
    "Αθήνα και Ὀδυσσεύς": (["αθηνα", "Αθήνα", "οδυσσευσ"], []),
    "Ёлка в офисе": (["елка", "ёлка"], []),
    "Order phở": (["pho", "phở"], []),
    "مُحَمَّد is here": (["محمد"], []),
    "The oﬃce is co\u00adopera\u200bting": (["office", "cooperate"], []),
    "ＡＢＣ in full width": (["abc", "ａｂｃ"], []),
    "Look at https://app.example.com/settings": (
        ["settings", "app.example.com", "example.com/settings", "https://app.example.com/settings"],
        ["profile"],
    ),
    "Upload photo-2024.jpg": (["photo", "2024", "jpg", "photo-2024.jpg", "photo 2024"], []),
    "Upgrade node.js": (["node", "node.js", "nodejs", "Node"], []),
    "NodeList is empty": (["node", "nodelist", "NodeList", "list"], []),
    "BillingService throws": (["billing", "Service", "billingservice", "BillingService"], []),
    "com.acme.Invoicing moved": (["invoicing", "acme", "com.acme.Invoicing"], []),
    "An HTMLParser for APIs": (["html", "parser", "HTMLParser", "api", "APIs"], []),
    "Release v1.2.3": (["1.2.3", "v1.2.3"], ["1.2.4", "2.3"]),
    "Version 4.5.6-beta": (["4.5.6", "v4.5.6", "beta"], ["4.5"]),
    "Python3.11 wheels": (["python", "3.11"], []),
    "Mail bob.smith@example.org": (["bob", "smith", "bob.smith@example.org", "example.org"], []),
    "Raise max_connections": (["connections", "max_connections", "maxconnections"], []),
    "The Wi-Fi drops": (["wifi", "wi-fi", "Wi-Fi"], []),
    "E-mail is late": (["email", "e-mail"], []),
    "Emails arrive twice": (["e-mail"], []),
    "Clean /usr/local/share": (["local", "/usr/local/share", "share"], []),
    r"Clean C:\Windows\System32": (["windows", "system32"], []),
    "A List<String> of Acme::Gadget": (["string", "gadget"], []),
    "Run it with --no-verify": (["verify", "no-verify"], []),
    "Ping 10.0.0.1": (["10.0.0.1"], ["10.0.0.2"]),
    "Due on 2031-11-29": (["2031-11-29", "2031"], []),
    "AT&T sent a bill": (["AT&T", "at&t"], ["T"]),
    "Meet at ten": (["meet at"], ["AT&T"]),
    "A client in C#": (["C#", "c#"], ["C", "C++"]),
    "A client in C++17": (["C++", "c++"], ["C", "C#"]),
    "The R&D budget": (["R&D"], ["R"]),
    "IT": (["IT", "it"], []),
    "The Who": (["The Who", "who"], []),
    "東京都に行く": (["東京", "京都", "都に行く", "都"], ["京東", "東都"]),
    "全文検索エンジンの速度": (["検索", "エンジン", "全文検索", normalize("NFD", "エンジン"), "ｴﾝｼﾞﾝ"], ["文全"]),
    "分布式数据库系统": (["数据库", "数据", "系统"], ["据数"]),
    "新しいiPhoneを買う": (["iPhone", "買う"], []),
    "검색엔진을 고친다": (["검색", "엔진", normalize("NFD", "검색")], []),
    "แปลภาษาไทย": (["ภาษา", "ไทย"], []),
}
FOUND = sorted({query for found, _ in TITLES.values() for query in found})
MISSED = sorted({query for _, missed in TITLES.values() for query in missed})
PHRASES = {
    '"cafe opens"': "Café opens at nine",
    '"upgrade node"': "Upgrade node.js",
    '"photo 2024"': "Upload photo-2024.jpg",
    '"billing service throws"': "BillingService throws",
    '"example com settings"': "Look at https://app.example.com/settings",
    '"com.acme.Invoicing moved"': "com.acme.Invoicing moved",
    '"client in C#"': "A client in C#",
    '"wi-fi drops"': "The Wi-Fi drops",
    '"京都に"': "東京都に行く",
}


@pytest.fixture(scope="module")
async def tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    return await make_searchable(superuser, list(TITLES))


def test_the_table_is_large_enough() -> None:
    assert sum(len(found) + len(missed) for found, missed in TITLES.values()) >= 120


@pytest.mark.parametrize("mode", ["FULL_TEXT", "HYBRID", "FUZZY"])
async def test_texts_are_found_however_their_words_are_written(api: Api, tenant: Tenant, mode: str) -> None:
    answers = {query: await titles(api, tenant, query, mode=mode, first=100) for query in FOUND}

    lost = [(query, title) for title, (found, _) in TITLES.items() for query in found if title not in answers[query]]
    assert lost == []


async def test_other_words_are_others(api: Api, tenant: Tenant) -> None:
    answers = {query: await titles(api, tenant, query, mode="FULL_TEXT", first=100) for query in MISSED}

    assert [
        (query, title) for title, (_, missed) in TITLES.items() for query in missed if title in answers[query]
    ] == []


@pytest.mark.parametrize(("phrase", "title"), PHRASES.items())
async def test_a_phrase_is_read_in_parts_and_without_accents(api: Api, tenant: Tenant, phrase: str, title: str) -> None:
    assert await titles(api, tenant, phrase, mode="FULL_TEXT") == [title]


async def test_what_is_spelled_the_same_comes_first(api: Api, tenant: Tenant) -> None:
    firsts = {
        "café": "Café opens at nine",
        "cafe": "Cafe without one",
        "résumé": normalize("NFD", "Send the résumé to Ada"),
        "resume": "Resume the upload",
        "node.js": "Upgrade node.js",
        "NodeList": "NodeList is empty",
        "email": "Emails arrive twice",
        "e-mail": "E-mail is late",
    }
    assert {query: (await titles(api, tenant, query, mode="FULL_TEXT"))[0] for query in firsts} == firsts


async def test_a_part_that_is_not_wanted_excludes_the_whole(api: Api, tenant: Tenant) -> None:
    assert sorted(await titles(api, tenant, "node", mode="FULL_TEXT")) == ["NodeList is empty", "Upgrade node.js"]
    assert await titles(api, tenant, "node -list", mode="FULL_TEXT") == ["Upgrade node.js"]
    assert await titles(api, tenant, "client -C#", mode="FULL_TEXT") == ["A client in C++17"]


async def test_snippets_mark_what_matched_as_it_is_written(api: Api, tenant: Tenant) -> None:
    marked = {
        "cafe": "<mark>Café</mark> opens at nine",
        "settings": "Look at https://app.example.com/<mark>settings</mark>",
        "example.com/settings": "Look at https://app.<mark>example.com/settings</mark>",
        "nodejs": "Upgrade <mark>node.js</mark>",
        "billing": "<mark>Billing</mark>Service throws",
        "billingservice": "<mark>BillingService</mark> throws",
        "1.2.3": "Release v<mark>1.2.3</mark>",
        "wifi": "The <mark>Wi-Fi</mark> drops",
        "at&t": "<mark>AT&amp;T</mark> sent a bill",
        "C#": "A client in <mark>C#</mark>",
        "C++": "A client in <mark>C++</mark>",
        "string": "A List&lt;<mark>String</mark>&gt; of Acme::Gadget",
        "cooperate": "The oﬃce is <mark>co\u00adopera\u200bting</mark>",
        "IT": "<mark>IT</mark>",
        "京都": "東<mark>京都</mark>に行く",
        "エンジン": "全文検索<mark>エンジン</mark>の速度",
        "ไทย": "แปลภาษา<mark>ไทย</mark>",
    }
    found = {
        query: [edge["snippet"].strip() for edge in (await search(api, tenant, query, mode="FULL_TEXT"))["edges"]]
        for query in marked
    }

    assert {query: found[query] for query, snippet in marked.items() if snippet not in found[query]} == {}


async def test_the_snippet_of_a_long_run_is_where_the_match_is(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    text = "山川草木花鳥風月" * 300 + "全文検索" + "春夏秋冬日月火水" * 300
    own = await make_searchable(superuser, [f"長い文\n{text}"])

    (edge,) = (await search(api, own, "検索", mode="FULL_TEXT"))["edges"]
    assert "全文<mark>検索</mark>春夏" in edge["snippet"]
    assert len(edge["snippet"]) < 60
