"""Puts texts into an organization as tasks that can be searched, as `trellis import` and the workers would."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from app.db.columns import new_id
from app.db.statement import Statement
from app.embedders.embedder import Embedder, as_text
from app.indexing.search_texts import write_texts
from app.tasks.searchable import TASKS

READER = "reader"  # the subject of the one person who may read it all
AT_ONCE = 1_000
LONGEST_TITLE = 200

PEOPLE = """
INSERT INTO users (id, subject, email, name, created_at, updated_at)
VALUES ($1, 'reader', 'reader@example.com', 'Reader', now(), now())
"""
ORGANIZATION = """
WITH made AS (
    INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES ($1, $2, $2, now(), now())
), member AS (
    INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
    VALUES ($1, gen_random_uuid(), $3, 'OWNER', now(), now())
)
INSERT INTO teams (organization_id, id, key, name, last_number, created_at, updated_at)
SELECT $1, id, 'T' || place, 'Team ' || place, 0, now(), now() FROM unnest($4::uuid[]) WITH ORDINALITY AS t (id, place)
"""
INSERT = """
INSERT INTO tasks (organization_id, id, team_id, number, title, description, status, priority, tags, created_at,
                   updated_at)
SELECT $1, id, team_id, number, title, description, 'TODO', 'NONE', '{}', now(), now()
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[])
     AS t (id, team_id, number, title, description)
"""
EMBEDDINGS = """
INSERT INTO embeddings (organization_id, kind, subject_id, model_id, content_hash, embedding)
SELECT $1, 'TASK', subject_id, $2, content_hash, vector::vector
FROM unnest($3::uuid[], $4::text[]) AS t (subject_id, vector)
JOIN search_texts USING (subject_id) WHERE organization_id = $1 AND kind = 'TASK'
"""
COUNT = """
SELECT set_config('app.organization_ids', ARRAY[$1::uuid]::text, true), trellis_count_words($1, 'TASK')
"""


@dataclass(frozen=True)
class Filled:
    """An organization and the ids of its tasks, in the order of the texts; a hundredth is in each of its teams."""

    id: UUID
    slug: str
    teams: list[UUID]
    tasks: list[UUID]


class Filler:
    """Writes as the database's superuser, with the statements of the product where the result depends on them."""

    def __init__(self, connection: "asyncpg.Connection[Any]", embedder: Embedder, model_id: int) -> None:
        self.connection = connection
        self.embedder = embedder
        self.model_id = model_id
        self.user_id = new_id()

    async def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        return await self.connection.fetch(statement.text, *statement.arguments(values))

    async def fill(self, slug: str, texts: Sequence[tuple[str, str]], *, teams: int = 100) -> Filled:
        """An organization of these texts."""
        filled = Filled(new_id(), slug, [new_id() for _ in range(teams)], [new_id() for _ in texts])
        await self.connection.execute(PEOPLE + "ON CONFLICT DO NOTHING", self.user_id)
        await self.connection.execute(ORGANIZATION, filled.id, slug, self.user_id, filled.teams)
        for start in range(0, len(texts), AT_ONCE):
            await self._add(filled, texts[start : start + AT_ONCE], start)
        await self.connection.execute(
            "INSERT INTO search_word_totals (organization_id, kind, changed) VALUES ($1, 'TASK', $2)",
            filled.id,
            len(texts),
        )
        async with self.connection.transaction():
            await self.connection.execute("SET LOCAL statement_timeout = 0")
            await self.connection.execute(COUNT.replace("$1", f"'{filled.id}'"))
        return filled

    async def _add(self, filled: Filled, texts: Sequence[tuple[str, str]], start: int) -> None:
        ids = filled.tasks[start : start + len(texts)]
        numbers = range(start + 1, start + len(texts) + 1)
        teams = [filled.teams[number % len(filled.teams)] for number in numbers]
        titles = [titled(title) for title, _ in texts]
        await self.connection.execute(INSERT, filled.id, ids, teams, list(numbers), titles, [body for _, body in texts])
        await write_texts(self.fetch, TASKS, filled.id, ids)
        await self.connection.execute("DELETE FROM embedding_jobs WHERE organization_id = $1", filled.id)
        batch = self.embedder.max_batch
        for place in range(0, len(texts), batch):
            whole = [f"{title}\n{body}" for title, (_, body) in zip(titles, texts, strict=True)][place : place + batch]
            vectors = await self.embedder.embed(whole)
            await self.connection.execute(
                EMBEDDINGS, filled.id, self.model_id, ids[place : place + batch], [as_text(one) for one in vectors]
            )


def titled(title: str) -> str:
    """A title, which every task must have: a dash has no lexeme and no meaning."""
    return title[:LONGEST_TITLE] or "-"
