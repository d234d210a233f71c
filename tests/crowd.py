"""Many organizations whose texts can be searched, and the states that PostgreSQL's statistics may be in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from os import getpid
from typing import Any, Final

import asyncpg

from app.postgres.server import Addresses
from tests.factories import Tenant, make_tenant

# Organizations that have people and teams, and nothing else yet: so many that reading all of them is never cheapest.
BARE = 5_000
OTHERS, TEXTS = 110, 6
IMPORTED, OWN = 1_460, 300  # texts of the one with an import, and of the newest
CHUNKS = 15  # of each document

# Of 3,000 made-up words, which all organizations share.
WORDS: Final = """
CREATE FUNCTION pg_temp.words(seed integer, amount integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(left(translate(md5(number::text), '0123456789', 'ghijklmnop'), 9), ' ')
    FROM generate_series(1, amount) AS place, abs(hashint4(seed + place) % 3000) AS number
$$
"""
FILL: Final = (
    "UPDATE tasks SET title = pg_temp.words(hashtext(id::text), 6) WHERE organization_id = ANY ($1::uuid[])",
    f"""
    INSERT INTO document_chunks (organization_id, id, document_id, index, page, text)
    SELECT organization_id, gen_random_uuid(), id, place, 1, pg_temp.words(hashtext(id::text || place), 12)
    FROM documents CROSS JOIN generate_series(1, {CHUNKS}) AS place WHERE organization_id = ANY ($1::uuid[])
    """,
    """
    INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
    SELECT organization_id, kind, id, setweight(to_tsvector('english', text), 'A'), sha256(text::bytea)
    FROM (SELECT organization_id, 'TASK' AS kind, id, title AS text FROM tasks
          UNION ALL SELECT organization_id, 'CHUNK', id, text FROM document_chunks) AS readable
    WHERE organization_id = ANY ($1::uuid[])
    """,
    """
    INSERT INTO embeddings (organization_id, kind, subject_id, model_id, content_hash, embedding)
    SELECT organization_id, kind, subject_id, 1, content_hash,
           array_fill(0.05::real, ARRAY[64 + low]) || array_fill(0.02::real, ARRAY[192 - low])
    FROM search_texts, mod(abs(hashtext(subject_id::text)), 192) AS low WHERE organization_id = ANY ($1::uuid[])
    """,
    """
    INSERT INTO search_words (organization_id, kind, lexeme, documents)
    SELECT organization_id, kind, word.lexeme, count(*) FROM search_texts CROSS JOIN unnest(content) AS word
    WHERE organization_id = ANY ($1::uuid[]) GROUP BY 1, 2, 3
    """,
    """
    INSERT INTO search_word_totals (organization_id, kind, texts)
    SELECT organization_id, kind, count(*) FROM search_texts WHERE organization_id = ANY ($1::uuid[]) GROUP BY 1, 2
    """,
)
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
OF_ORGANIZATIONS = f"""
SELECT attrelid::regclass AS relation FROM pg_attribute
WHERE attname = 'organization_id' AND attrelid IN (SELECT tablename::regclass FROM ({TABLES}) AS tables)
"""
FORGET = """
DELETE FROM pg_statistic USING pg_class WHERE starelid = pg_class.oid AND relnamespace = 'public'::regnamespace;
UPDATE pg_class SET reltuples = -1, relpages = 0, relallvisible = 0
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
"""
ROUND_ABOUT = f"""
CREATE TEMPORARY TABLE bare AS SELECT gen_random_uuid() AS id, place FROM generate_series(1, {BARE}) AS place;
INSERT INTO organizations (id, name, slug, created_at, updated_at)
SELECT id, 'Bare', 'bare-' || place, now(), now() FROM bare;
INSERT INTO users (id, subject, email, name, created_at, updated_at)
SELECT id, 'bare-' || place, place || '@bare.example.com', 'Person ' || place, now(), now() FROM bare;
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
SELECT id, id, id, 'OWNER', now(), now() FROM bare;
INSERT INTO teams (organization_id, id, key, name, created_at, updated_at)
SELECT id, id, 'BARE', 'Bare', now(), now() FROM bare;
INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at)
SELECT id, id, id, id, 'ADMIN', now(), now() FROM bare;
INSERT INTO search_word_totals (organization_id, kind, texts) SELECT id, 'TASK', 0 FROM bare;
"""
INDEX = "ix_embeddings_model_1_task"


class Crowd:
    """A database of their own, with nobody to analyze it; `newest` is the organization that was made last."""

    def __init__(self, superuser: "asyncpg.Connection[Any]", url: str) -> None:
        self.superuser = superuser
        self.url = url  # the server's
        self.newest: Tenant

    async def make(self) -> None:
        """Statistics are of three organizations, when there are a hundred and an import, and after them the newest."""
        await self.superuser.execute(WORDS)
        for table in await self._tables():
            await self.superuser.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        definition = await self.superuser.fetchval("SELECT pg_get_indexdef($1::regclass)", INDEX)
        await self.superuser.execute(f"DROP INDEX {INDEX}")  # to be built at once is a tenth of the work
        await self._fill([await make_tenant(self.superuser, tasks=TEXTS, documents=1) for _ in range(3)])
        await self.superuser.execute("ANALYZE")
        await self.superuser.execute(ROUND_ABOUT)
        others = [await make_tenant(self.superuser, tasks=TEXTS, documents=1) for _ in range(OTHERS)]
        await self._fill([*others, await make_tenant(self.superuser, tasks=IMPORTED, documents=2)])
        self.newest = await make_tenant(self.superuser, members=3, teams=4, tasks=OWN // 12, documents=4)
        await self._fill([self.newest])
        await self.superuser.execute(definition)

    async def _fill(self, tenants: Sequence[Tenant]) -> None:
        for statement in FILL:
            await self.superuser.execute(statement, [tenant.id for tenant in tenants])

    async def _tables(self) -> list[str]:
        return [row["tablename"] for row in await self.superuser.fetch(TABLES)]

    async def leave(self) -> None:
        """As an installation is that has grown."""

    async def forget(self) -> None:
        """As after a restore, or pg_upgrade before version 18."""
        await self.superuser.execute(FORGET)

    async def import_more(self) -> None:
        """What is new in the indexes waits in their lists."""
        await self.superuser.execute("VACUUM ANALYZE")
        await self._fill([await make_tenant(self.superuser, tasks=OWN, documents=1)])

    async def know_others(self) -> None:
        """The newest organization is none of the most common values of any column."""
        for row in await self.superuser.fetch(OF_ORGANIZATIONS):
            await self.superuser.execute(f"ALTER TABLE {row['relation']} ALTER organization_id SET STATISTICS 1")
        await self.superuser.execute("VACUUM ANALYZE")


# In this order, as each makes it from the one before.
STATES = {
    "stale": Crowd.leave,
    "none": Crowd.forget,
    "from before an import": Crowd.import_more,
    "of all others": Crowd.know_others,
}


@asynccontextmanager
async def making_crowd(addresses: Addresses, name: str) -> AsyncIterator[Crowd]:
    """A crowd in a database of its own, which goes at the end of the block."""
    database = f"{name}_{getpid()}"
    connection = await asyncpg.connect(addresses.url("postgres", "postgres"))
    await connection.execute(f"CREATE DATABASE {database} OWNER trellis_owner TEMPLATE trellis")
    await connection.execute(f"ALTER ROLE trellis IN DATABASE {database} SET track_functions = 'all'")
    superuser = await asyncpg.connect(addresses.url("postgres", database))
    crowd = Crowd(superuser, addresses.url("trellis", database))
    await crowd.make()
    yield crowd
    await superuser.close()
    await connection.execute(f"DROP DATABASE {database} WITH (FORCE)")
    await connection.close()
