"""Two servers and `trellis embed` at work on one queue, killed again and again. Run by `make soak-embed`."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from time import perf_counter

from tests.indexing.conftest import Site
from tests.indexing.test_kill import start_embed, start_server

KILLS = 20
ORGANIZATIONS, TASKS = 3, 2_000
SLOW, FAST = 1.0, 0.05  # seconds that the model takes for a batch: meanwhile all are in the middle of one, mostly
BATCH = 32
LONGEST = 600  # seconds from the last kill: what a killed process held is free after three minutes
STATE = """
SELECT count(*) AS texts, count(*) FILTER (WHERE embeddings.content_hash = search_texts.content_hash) AS embedded,
       count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked, count(due_at) AS jobs, max(attempts) AS attempts
FROM search_texts LEFT JOIN embeddings USING (organization_id, kind, subject_id)
LEFT JOIN embedding_jobs USING (organization_id, kind, subject_id)
"""

Start = Callable[[Site, Path], Awaitable[Process]]


async def test_whoever_is_killed_every_text_is_embedded_once(site: Site, tmp_path: Path) -> None:
    site.server.pause = SLOW
    for _ in range(ORGANIZATIONS):
        await site.tenant(TASKS)
    random, started = Random(26), perf_counter()
    starts: list[Start] = [start_server, start_server, start_embed]
    running = [await start(site, tmp_path) for start in starts]
    for _ in range(KILLS):
        await asyncio.sleep(random.uniform(0.5, 3))
        place = random.randrange(len(running))
        if running[place].returncode is None:
            running[place].kill()
        await running[place].wait()
        running[place] = await starts[place](site, tmp_path)
    killing, site.server.pause = perf_counter() - started, FAST
    at_last = await site.superuser.fetchrow(STATE)

    said, _ = await asyncio.wait_for(running[-1].communicate(), LONGEST)
    waited = perf_counter() - started - killing
    for process in running[:-1]:
        process.kill()
        await process.wait()
    state = await site.superuser.fetchrow(STATE)
    texts = ORGANIZATIONS * TASKS
    again = sum(site.server.asked.values()) - texts  # those that somebody who was killed had in hand, and no others

    print(f"{KILLS} kills in {killing:.0f} s, after which {dict(at_last or ())}")  # noqa: T201
    print(f"`trellis embed` ended {waited:.0f} s later: {dict(state or ())}; {again} texts were asked for again")  # noqa: T201
    assert said == b"openai:test has every text.\n"
    assert tuple(state or ()) == (texts, texts, 0, 0, None)
    assert again <= KILLS * BATCH
