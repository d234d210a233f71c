"""A server that is killed while it embeds: the next one completes what it left, and repeats nothing that was done."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from tests.indexing.conftest import Site
from tests.processes import TRELLIS, environment, free_port

TEXTS = 200
DONE = "SELECT count(*) FROM embeddings"
PASS = "UPDATE embedding_jobs SET due_at = now()"  # as time does


async def test_kill_9_loses_nothing_and_repeats_nothing_that_was_kept(site: Site, tmp_path: Path) -> None:
    await site.tenant(TEXTS)
    site.server.pause = 0.05
    first = await start_server(site, tmp_path)
    while await site.superuser.fetchval(DONE) < TEXTS // 4:  # noqa: ASYNC110  # another process sends no event
        await asyncio.sleep(0.01)
    first.kill()
    await first.wait()
    kept = await site.superuser.fetch(
        f"SELECT title FROM tasks JOIN ({DONE.replace('count(*)', 'subject_id')}) ON id = subject_id"
    )
    asked = site.server.asked.copy()
    await site.superuser.execute(PASS)

    second = await start_server(site, tmp_path)
    while await site.superuser.fetchval("SELECT count(*) FROM embedding_jobs"):  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.02)
    second.kill()
    await second.wait()

    assert 0 < len(kept) < TEXTS
    assert await site.superuser.fetchval(DONE) == TEXTS
    assert {row["title"]: site.server.asked[f"{row['title']}\n"] for row in kept} == {row["title"]: 1 for row in kept}
    # What was in the model's hands when the server was killed had to be asked again, and nothing else.
    again = [text for text, times in site.server.asked.items() if times > 1]
    assert len(again) == sum(asked.values()) - len(kept)
    assert len(again) <= 32


async def start_server(site: Site, folder: Path) -> Any:
    """`trellis serve`, when it answers."""
    port = free_port()
    settings = site.meanings.settings
    variables = environment(
        TRELLIS_DATABASE_URL=str(settings.database_url),
        TRELLIS_JWT_SECRET="a secret of thirty-two bytes or more",
        TRELLIS_EMBEDDER_URL=settings.embedder_url,
    )
    process = await asyncio.create_subprocess_exec(
        *TRELLIS, "serve", "--port", str(port), cwd=folder, env=variables, stderr=asyncio.subprocess.DEVNULL
    )
    async with httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(f"http://127.0.0.1:{port}/healthz")).raise_for_status()
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return process
