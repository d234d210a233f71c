"""A model takes over in an organization of 6,000 tasks, whose searches use its index. Run by `make soak-switch`."""

from statistics import median
from typing import Any

from tests.embedders.embedder_server import serving_embeddings
from tests.indexing.switching import switch_by_command, switch_under_load

TASKS = 6_000  # more than are compared one by one


async def test_a_large_organization_does_not_notice(new_database: Any) -> None:
    async with serving_embeddings() as server:
        noticed = await switch_under_load(await new_database(), server, switch_by_command, tasks=TASKS)

    for kind, times in ("searches", noticed.searches), ("writes", noticed.writes):
        slowest = f"{max(times) * 1000:.0f} ms at most"
        print(f"{len(times)} {kind}: {median(times) * 1000:.0f} ms, {slowest}")  # noqa: T201
    print(f"longest wait for a lock: {noticed.waited * 1000:.0f} ms; short searches: {len(noticed.short)}")  # noqa: T201
    assert noticed.short == []
    assert noticed.waited < 0.1
    assert noticed.left == 0
