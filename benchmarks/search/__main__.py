"""`make bench-search DATA=folder`: how good and how fast search is; writes SEARCH.md and search.svg."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
import uvloop

from app.postgres.server import Addresses
from benchmarks.machine import surroundings
from benchmarks.search.client import Client, searching
from benchmarks.search.collections import Collection, collections
from benchmarks.search.dataset import Dataset, filled, postgres
from benchmarks.search.nothing import nothing, searches
from benchmarks.search.quality import MODES, neighbours, quality
from benchmarks.search.report import Report, draw, write
from benchmarks.search.speed import speed

SIZES = (100, 5_000, 100_000)
QUICK_SIZES = (100, 5_000, 20_000)
ASKED = 60  # queries for what is measured at each size

RUNTIME = {"jit": "off", "plan_cache_mode": "force_generic_plan", "timezone": "UTC"}  # as the server connects
SCANS = "SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE indexrelname = ANY($1)"
INDEXES = ["ix_search_texts_terms", "ix_embeddings_model_1_task"]


def main(
    data: Annotated[Path, typer.Argument(help="The folder with the collections, NAME.json.gz.", exists=True)],
    embedder: Annotated[str, typer.Option(help="The model: wordllama or minilm.")] = "wordllama",
    quick: Annotated[bool, typer.Option(help="20,000 tasks in place of 100,000.")] = False,
    quality_only: Annotated[bool, typer.Option(help="Only how good results are, which is soon told.")] = False,
) -> None:
    """Measure search on collections with relevance judgements, and on organizations of three sizes."""
    report = Report(surroundings(), embedder, quick=quick)
    sizes = () if quality_only else QUICK_SIZES if quick else SIZES
    # On uvloop, as the server runs.
    with postgres() as addresses, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measure(addresses, list(collections(data)), sizes, report))
    write(report)
    if report.speeds:
        draw(report)


async def _measure(addresses: Addresses, judged: Sequence[Collection], sizes: Sequence[int], report: Report) -> None:
    print(f"Filling PostgreSQL: {', '.join(one.name for one in judged)}; sizes {', '.join(map(str, sizes)) or 'none'}")
    async with (
        filled(addresses, judged, sizes, report.embedder) as (dataset, superuser),
        searching(addresses.runtime_url, report.embedder) as client,
    ):
        for collection in judged:
            for mode in MODES:
                found = await quality(client, collection, dataset.judged[collection.name], mode)
                report.qualities[collection.name, mode] = found
                print(f"{collection.name} {mode}: nDCG@10 {found.ndcg:.4f}")
            for kind, texts in searches().items():
                for mode in MODES:
                    none = await nothing(client, dataset.judged[collection.name], texts, mode)
                    report.nothings[kind, mode, collection.name] = none
                    print(
                        f"{collection.name} {mode}, {kind}: {none.share:.0%} find nothing, {none.found:.1f} tasks each"
                    )
        if sizes:
            asked = _asked(judged)
            await _neighbours(client, superuser, dataset, asked, report)
            await _speeds(client, dataset, asked, report)
            rows = await superuser.fetch(SCANS, INDEXES)
            report.scans.update({row["indexrelname"]: row["idx_scan"] for row in rows})


def _asked(judged: Sequence[Collection]) -> list[str]:
    every = [text for collection in judged for text, _ in collection.queries]
    return random.Random(42).sample(every, min(ASKED, len(every)))


async def _neighbours(
    client: Client, superuser: "asyncpg.Connection[Any]", dataset: Dataset, texts: Sequence[str], report: Report
) -> None:
    for size, organization in dataset.sized.items():
        for part in (None, 50, 1):
            teams = organization.teams[:part] if part else None
            found = await neighbours(client, superuser, dataset, organization, texts, teams)
            report.neighbours[size, part or 100] = found
            print(f"{size} tasks, {part or 100} % of them: recall@10 {found.recall:.3f}, at least {found.fewest} found")


async def _speeds(client: Client, dataset: Dataset, texts: Sequence[str], report: Report) -> None:
    runtime = await asyncpg.connect(dataset.addresses.runtime_url, server_settings=RUNTIME)
    try:
        for size, organization in dataset.sized.items():
            for mode in MODES:
                found = await speed(client, runtime, dataset.embedder, organization, texts, mode)
                report.speeds[size, mode] = found
                print(f"{size} tasks, {mode}: resolver {found.resolver_ratio:.2f} × its statements and its embedding")
    finally:
        await runtime.close()


typer.run(main)
