"""What one process has counted, as lines: each number is kept where it is counted, and read here."""

from collections.abc import Mapping
from time import perf_counter
from typing import NamedTuple

from prometheus_client.gc_collector import GC_COLLECTOR
from prometheus_client.process_collector import PROCESS_COLLECTOR

from app.chunking.queue import QUEUE as DOCUMENTS
from app.db.engine import Database
from app.events.models import EventType
from app.events.record import WRITTEN
from app.exports.queue import QUEUE as EXPORTS
from app.graph.dataloader import KEYS
from app.http.request_counts import RequestCounts
from app.indexing import asked
from app.indexing.queue import QUEUE as EMBEDDINGS
from app.metrics.lines import Lines
from app.metrics.probe import Probe
from app.purging.purge import REMOVED
from app.queues.lease_queue import Queue
from app.queues.work_loop import DONE, FAILED
from app.rates.limiter import REASONS, Rates
from app.trash.loaders import KINDS

QUEUES: Mapping[str, Queue] = {"embeddings": EMBEDDINGS, "documents": DOCUMENTS, "exports": EXPORTS}
OUTCOMES = ("done", "postponed", "given_back", "given_up")


class Sources(NamedTuple):
    """What there is once in a process. `requests` is the pool that callers share with the server."""

    counts: RequestCounts
    rates: Rates
    pools: Mapping[str, Database]
    probe: Probe


def counted(sources: Sources, worker: str) -> dict[str, str]:
    """The lines of each metric of this process, and what it took to write them."""
    started = perf_counter()
    lines = Lines(worker=worker)
    _requests(lines, sources)
    for name, pool in sources.pools.items():
        _pool(lines, name, pool)
    _background(lines)
    _process(lines, sources.probe)
    lines.number("trellis_worker_up", 1)
    lines.number("trellis_scrape_seconds", perf_counter() - started)
    return lines.texts()


def _requests(lines: Lines, sources: Sources) -> None:
    for operation, one in sources.counts.operations.items():
        for (status, code), amount in one.outcomes.items():
            lines.number("trellis_requests_total", amount, operation=operation, status=str(status), code=code)
        lines.histogram("trellis_request_duration_seconds", one.seconds, operation=operation)
        lines.number("trellis_statements_total", one.statements, operation=operation)
        lines.number("trellis_rows_total", one.rows, operation=operation)
    lines.number("trellis_requests_in_flight", sources.rates.in_flight)
    for batch, sizes in KEYS.items():
        lines.sizes("trellis_batch_keys", sizes, batch=batch)
    lines.numbers("trellis_rate_limited_total", "reason", _with(REASONS, sources.rates.refused))
    lines.number("trellis_rate_limited_total", sources.pools["requests"].admission.refused, reason="connections")


def _pool(lines: Lines, name: str, pool: Database) -> None:
    lines.number("trellis_pool_size", pool.size, pool=name)
    lines.number("trellis_pool_open", pool.opened, pool=name)
    shared = name == "requests"  # in the others the server waits for itself alone
    for class_ in ("caller", "server") if shared else ("server",):
        crowd = pool.admission.crowd(server=class_ == "server")
        labels = {"pool": name, "class": class_}
        lines.number("trellis_pool_in_use", crowd.held, **labels)
        lines.number("trellis_pool_waiting", crowd.waiting, **labels)
        if shared:
            lines.histogram("trellis_pool_wait_seconds", crowd.waited, **labels)


def _background(lines: Lines) -> None:
    for name, queue in QUEUES.items():
        for outcome in OUTCOMES:
            lines.number("trellis_queue_outcomes_total", queue.outcomes[outcome], queue=name, outcome=outcome)
    lines.numbers("trellis_work_total", "work", DONE)
    lines.numbers("trellis_work_failures_total", "work", _with(DONE, FAILED))
    for purpose, took in asked.TOOK.items():
        lines.histogram("trellis_embedding_duration_seconds", took, purpose=purpose)
    lines.numbers("trellis_embedded_texts_total", "purpose", asked.EMBEDDED)
    lines.numbers("trellis_embedding_failures_total", "purpose", asked.FAILED)
    lines.numbers("trellis_events_written_total", "type", _with([one.name for one in EventType], WRITTEN))
    lines.numbers("trellis_purged_rows_total", "table", _with(KINDS, REMOVED))


def _process(lines: Lines, probe: Probe) -> None:
    lines.histogram("trellis_event_loop_lag_seconds", probe.lag)
    for generation, sizes in enumerate(probe.pauses):
        lines.sizes("trellis_gc_pause_seconds", sizes, generation=str(generation))
    lines.families(GC_COLLECTOR.collect())
    lines.families(PROCESS_COLLECTOR.collect())


def _with(names: "list[str] | tuple[str, ...] | Mapping[str, int]", values: Mapping[str, int]) -> dict[str, int]:
    """`values`, with those that have not come about yet: who counts how many more there are has to see a zero first."""
    return {**dict.fromkeys(names, 0), **values}
