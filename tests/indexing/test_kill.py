"""Who is killed while it embeds: the next one completes what it left, and repeats nothing that was done."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.indexing.conftest import Site
from tests.processes import TRELLIS, environment, free_port

TEXTS = 200
DONE = "SELECT count(*) FROM embeddings"
PASS = "UPDATE embedding_jobs SET due_at = now()"  # as time does


VECTORS = "SELECT subject_id, content_hash, embedding::text FROM embeddings ORDER BY subject_id"


async def test_kill_9_of_a_server_loses_nothing_and_repeats_nothing_that_was_kept(site: Site, tmp_path: Path) -> None:
    async with interrupted(site, tmp_path, start_server):
        second = await start_server(site, tmp_path)
        while await site.superuser.fetchval("SELECT count(*) FROM embedding_jobs"):  # noqa: ASYNC110  # no event is sent
            await asyncio.sleep(0.02)
        second.kill()
        await second.wait()


async def test_kill_9_of_the_command_loses_nothing_and_repeats_nothing_that_was_kept(
    site: Site, tmp_path: Path
) -> None:
    async with interrupted(site, tmp_path, start_embed):
        second = await start_embed(site, tmp_path)
        said, _ = await second.communicate()
        assert (second.returncode, said) == (0, b"openai:test has every text.\n")


@asynccontextmanager
async def interrupted(
    site: Site, folder: Path, start: Callable[[Site, Path], Awaitable[Process]]
) -> AsyncIterator[None]:
    """Kills a process when it has embedded a quarter; the block has to do the rest. Looks at what was asked for."""
    site.server.pause = 0.05
    await site.tenant(TEXTS)
    first = await start(site, folder)
    while await site.superuser.fetchval(DONE) < TEXTS // 4:  # noqa: ASYNC110  # another process sends no event
        await asyncio.sleep(0.01)
    first.kill()
    await first.wait()
    kept = await site.superuser.fetch(
        f"SELECT title FROM tasks JOIN ({DONE.replace('count(*)', 'subject_id')}) ON id = subject_id"
    )
    asked = site.server.asked.copy()
    await site.superuser.execute(PASS)

    yield

    assert 0 < len(kept) < TEXTS
    assert await site.superuser.fetchval(DONE) == TEXTS
    assert {row["title"]: site.server.asked[f"{row['title']}\n"] for row in kept} == {row["title"]: 1 for row in kept}
    # What was in the model's hands when the process was killed had to be asked again, and nothing else.
    again = [text for text, times in site.server.asked.items() if times > 1]
    assert len(again) == sum(asked.values()) - len(kept)
    assert len(again) <= 32


async def test_servers_and_the_command_together_make_what_one_makes_alone(site: Site, tmp_path: Path) -> None:
    tenant = await site.tenant(TEXTS)
    await site.work()
    alone = await site.superuser.fetch(VECTORS)
    await site.superuser.execute("DELETE FROM embeddings")
    site.server.pause = 0.02
    site.server.asked.clear()
    server = await start_server(site, tmp_path)
    command = await start_embed(site, tmp_path)
    await site.queue(tenant)
    said, _ = await command.communicate()
    server.kill()
    await server.wait()

    assert said == b"openai:test has every text.\n"
    assert await site.superuser.fetch(VECTORS) == alone
    assert set(site.server.asked.values()) == {1}


async def start_embed(site: Site, folder: Path) -> Process:
    """`trellis embed`."""
    return await asyncio.create_subprocess_exec(
        *TRELLIS, "embed", cwd=folder, env=variables_of(site), stdout=asyncio.subprocess.PIPE
    )


def variables_of(site: Site) -> dict[str, str]:
    return environment(
        TRELLIS_DATABASE_URL=str(site.models.settings.database_url),
        TRELLIS_DATABASE_OWNER_URL=site.superuser_url.replace("postgres@", "trellis_owner@"),
        TRELLIS_JWT_SECRET="a secret of thirty-two bytes or more",
        TRELLIS_EMBEDDER_URL=site.models.settings.embedder_url,
    )


async def start_server(site: Site, folder: Path) -> Process:
    """`trellis serve`, when it answers."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *TRELLIS, "serve", "--port", str(port), cwd=folder, env=variables_of(site), stderr=asyncio.subprocess.DEVNULL
    )
    async with httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(f"http://127.0.0.1:{port}/healthz")).raise_for_status()
            except httpx.TransportError:
                assert process.returncode is None, "the server has ended"
                await asyncio.sleep(0.05)
            else:
                return process
