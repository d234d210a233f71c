"""Every metric that a server tells: what it is called, what kind it is, what it is told apart by, and what it says."""

from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram", "summary"]


class Metric(NamedTuple):
    """`labels` are those beside `worker`, which all have but those of the database."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    says: str


CATALOGUE = (
    Metric(
        "trellis_requests_total",
        "counter",
        ("operation", "status", "code"),
        "Requests that were answered; code is that of the first error, if any.",
    ),
    Metric(
        "trellis_request_duration_seconds",
        "histogram",
        ("operation",),
        "From the first byte of a request to its answer, which may yet have to be sent.",
    ),
    Metric("trellis_statements_total", "counter", ("operation",), "SQL statements of requests."),
    Metric("trellis_rows_total", "counter", ("operation",), "Rows that these answered."),
    Metric("trellis_requests_in_flight", "gauge", (), "Requests under way, until their answers have been taken."),
    Metric(
        "trellis_batch_keys",
        "summary",
        ("batch",),
        "Calls of each batch function (count), and the keys that it was called for (sum).",
    ),
    Metric(
        "trellis_rate_limited_total",
        "counter",
        ("reason",),
        "Refusals by what there was too much of: points, requests at_once, connections, sign_ins that failed.",
    ),
    Metric("trellis_pool_size", "gauge", ("pool",), "Connections that a pool may have."),
    Metric("trellis_pool_open", "gauge", ("pool",), "Connections that it has, those being opened among them."),
    Metric(
        "trellis_pool_in_use", "gauge", ("pool", "class"), "Those of them that are held, by callers or by the server."
    ),
    Metric("trellis_pool_waiting", "gauge", ("pool", "class"), "Who waits for a connection."),
    Metric(
        "trellis_pool_wait_seconds",
        "histogram",
        ("pool", "class"),
        "How long those waited who did not get a connection at once.",
    ),
    Metric(
        "trellis_queue_outcomes_total",
        "counter",
        ("queue", "outcome"),
        "What became of what was taken: done, postponed after a failure, given_back for no fault of its own, given_up.",
    ),
    Metric("trellis_work_total", "counter", ("work",), "What background work found to do."),
    Metric("trellis_work_failures_total", "counter", ("work",), "How often it failed as a whole, as without database."),
    Metric(
        "trellis_embedding_duration_seconds",
        "histogram",
        ("purpose",),
        "Questions to embedding models, for a query of somebody who searches or for texts.",
    ),
    Metric("trellis_embedded_texts_total", "counter", ("purpose",), "Texts that were embedded."),
    Metric("trellis_embedding_failures_total", "counter", ("purpose",), "Questions that failed or took too long."),
    Metric("trellis_events_written_total", "counter", ("type",), "Events written to the logs of organizations."),
    Metric("trellis_purged_rows_total", "counter", ("table",), "Rows removed for good."),
    Metric(
        "trellis_event_loop_lag_seconds",
        "histogram",
        (),
        "How much later than asked for the event loop came round: what one request waits for another's processor time.",
    ),
    Metric("trellis_gc_pause_seconds", "summary", ("generation",), "Runs of the garbage collector, and their time."),
    Metric("python_gc_collections_total", "counter", ("generation",), "Runs of the garbage collector since the start."),
    Metric("python_gc_objects_collected_total", "counter", ("generation",), "Objects that they freed."),
    Metric("python_gc_objects_uncollectable_total", "counter", ("generation",), "Objects that they could not free."),
    Metric("process_cpu_seconds_total", "counter", (), "Processor time."),
    Metric("process_resident_memory_bytes", "gauge", (), "Memory, with what workers share counted in each."),
    Metric("process_virtual_memory_bytes", "gauge", (), "Address space."),
    Metric("process_start_time_seconds", "gauge", (), "When the process started, as Unix time."),
    Metric("process_open_fds", "gauge", (), "File descriptors in use."),
    Metric("process_max_fds", "gauge", (), "File descriptors that it may have."),
    Metric("trellis_scrape_seconds", "gauge", (), "What the worker took to gather its own metrics."),
    Metric("trellis_worker_up", "gauge", (), "1 where a worker told its metrics in time, 0 where not."),
    Metric(
        "trellis_database_up",
        "gauge",
        (),
        "1 where the database told what waits in time; at 0 the metrics below are missing.",
    ),
    Metric("trellis_database_seconds", "gauge", (), "What it took to tell."),
    Metric(
        "trellis_queue_waiting",
        "gauge",
        ("queue",),
        "What waits or is being worked on: embeddings (texts), documents, exports, word_counts; counted up to 10000.",
    ),
    Metric(
        "trellis_queue_oldest_seconds",
        "gauge",
        ("queue",),
        "How long the oldest has waited since it was first queued, whatever was tried since; 0 where none waits.",
    ),
    Metric("trellis_queue_parked", "gauge", ("queue",), "Texts that were given up for now; looked for among 10000."),
    Metric("trellis_purge_due", "gauge", (), "Deletions past their time, which are purged once an hour."),
    Metric("trellis_purge_overdue_seconds", "gauge", (), "How long the first of them has been."),
)
