"""Importing documents: into a team or an organization, each once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.documents.models import DocumentKind
from app.importer import documents as module
from app.importer.documents import deposit
from app.importer.lock import DeletedMeanwhile
from app.importer.read_folder import Found
from app.importer.tasks import Summary
from tests.api import Api
from tests.conftest import Database
from tests.factories import make_tenant
from tests.importer.importing import OWN, Importer, execute_at_once

DOCUMENTS = f"""
SELECT teams.name AS team, title, kind, source, text, users.email FROM documents
JOIN document_texts ON document_texts.document_id = documents.id JOIN users ON users.id = created_by
LEFT JOIN teams ON teams.id = team_id WHERE documents.organization_id = ANY({OWN}) ORDER BY source
"""
GUIDE = Found("guide.md", "Guide", DocumentKind.MARKDOWN, "# Guide\n")
NOTES = Found("notes/a.txt", "a", DocumentKind.TEXT, "Some “notes”\f\n")


async def left(importer: Importer) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await importer.superuser.fetch(DOCUMENTS, importer.email)]


async def put(importer: Importer, *documents: Found, team: str | None = None) -> Summary:
    return await deposit(importer.url, documents, organization=importer.organization, team=team, email=importer.email)


async def test_documents_of_an_organization(importer: Importer) -> None:
    summary = await put(importer, GUIDE, NOTES)

    assert (summary.organizations, summary.teams, summary.people, summary.made, summary.there) == (1, 0, 0, 2, 0)
    assert await left(importer) == [
        (None, "Guide", "MARKDOWN", "guide.md", "# Guide\n", importer.email),
        (None, "a", "TEXT", "notes/a.txt", "Some “notes”\f\n", importer.email),
    ]


async def test_documents_of_a_team(importer: Importer) -> None:
    summary = await put(importer, GUIDE, team="Engineering")

    assert (summary.organizations, summary.teams, summary.made) == (1, 1, 1)
    assert [row[0] for row in await left(importer)] == ["Engineering"]


async def test_a_second_run_changes_nothing(importer: Importer) -> None:
    """Not even where people, or the file, have changed a document since."""
    await put(importer, GUIDE, NOTES)
    await importer.superuser.execute(
        f"UPDATE documents SET title = 'Ours', deleted_at = now() WHERE organization_id = ANY({OWN})"
        " AND source = 'guide.md'",
        importer.email,
    )
    before = await left(importer)

    summary = await put(importer, GUIDE, replace(NOTES, text="Other"))

    assert (summary.organizations, summary.made, summary.there) == (0, 0, 2)
    assert await left(importer) == before


async def test_the_same_file_is_a_document_of_each_team(importer: Importer) -> None:
    made = [(await put(importer, GUIDE, team=team)).made for team in ("Engineering", "Design", "Engineering")]

    assert made == [1, 1, 0]


async def test_an_organization_of_ones_own_is_found_by_its_name(
    api: Api, superuser: "asyncpg.Connection[Any]", importer: Importer
) -> None:
    tenant = await make_tenant(superuser)
    importer.email, importer.organization = tenant.owner, tenant.slug.upper()

    summary = await put(importer, GUIDE)
    data = await api.data(
        "query ($slug: String!) { organization(by: {slug: $slug}) { documents { nodes { title source } } } }",
        who=tenant.owner,
        slug=tenant.slug,
    )

    assert (summary.organizations, summary.made) == (0, 1)
    assert data["organization"]["documents"]["nodes"] == [{"title": "Guide", "source": "guide.md"}]


async def test_long_texts_are_committed_one_after_the_other(importer: Importer) -> None:
    texts = ["a" * 1_000_000, "b" * module.MOST_TEXT, "c"]
    documents = [Found(f"{place}.txt", "A", DocumentKind.TEXT, text) for place, text in enumerate(texts)]

    assert [len(batch) for batch in module._batches(documents)] == [2, 1]
    assert (await put(importer, documents[0], documents[2])).made == 2


@pytest.mark.parametrize(("table", "team"), [("team", "Engineering"), ("organization", None)])
async def test_what_is_deleted_meanwhile_gets_no_more_documents(
    importer: Importer, database: Database, monkeypatch: pytest.MonkeyPatch, table: str, team: str | None
) -> None:
    monkeypatch.setattr(module, "MOST_TEXT", 1)
    column = "id" if table == "organization" else "organization_id"
    delete = f"UPDATE {table}s SET deleted_at = now() WHERE {column} = ANY({OWN})"

    def interrupted() -> Iterator[Found]:
        yield GUIDE
        execute_at_once(database.superuser_url, delete, importer.email)
        yield NOTES

    home = importer.organization
    with pytest.raises(DeletedMeanwhile, match=f"The {table} was deleted"):
        await deposit(importer.url, interrupted(), organization=home, team=team, email=importer.email)

    assert [row[3] for row in await left(importer)] == ["guide.md"]
