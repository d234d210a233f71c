"""What the database holds after a storm, compared with what was acknowledged and with what the log says."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson

from tests.factories import Tenant
from tests.soak.load import Load

TASKS = "SELECT to_jsonb(tasks) FROM tasks WHERE organization_id = $1"
TEAMS = "SELECT id::text, last_number FROM teams WHERE organization_id = $1"
EVENTS = """
SELECT sequence, type, subject_type, subject_id::text AS subject_id, request_id, changes FROM events
WHERE organization_id = $1 ORDER BY sequence
"""
# What both the log and the row say in the same words; not the times.
COMPARED = ("team_id", "number", "title", "description", "status", "priority", "estimate", "tags", "assignee_id")

Rows = dict[str, dict[str, Any]]


async def rows_of(connection: "asyncpg.Connection[Any]", tenant: Tenant) -> Rows:
    """The tenant's tasks by id."""
    rows = [orjson.loads(row[0]) for row in await connection.fetch(TASKS, tenant.id)]
    return {row["id"]: row for row in rows}


async def findings(connection: "asyncpg.Connection[Any]", tenant: Tenant, before: Rows, load: Load) -> list[str]:
    """Everything that is not as it must be; `before` are the tasks as they were when the log was empty."""
    events = [{**row, "changes": orjson.loads(row["changes"])} for row in await connection.fetch(EVENTS, tenant.id)]
    after = await rows_of(connection, tenant)
    teams = {row["id"]: row["last_number"] for row in await connection.fetch(TEAMS, tenant.id)}
    return [
        *load.findings,
        *_of_sequence([event["sequence"] for event in events]),
        *_of_requests(Counter(event["request_id"] for event in events), load),
        *_of_counter(after[load.counter], load),
        *_of_log([event for event in events if event["subject_type"] == "Task"], before, after),
        *_of_numbers(events, before, teams),
    ]


def _of_sequence(sequences: list[int]) -> Iterator[str]:
    if sequences != list(range(1, len(sequences) + 1)):
        yield f"the sequence of events has gaps: {sequences}"


def _of_requests(logged: Counter[str | None], load: Load) -> Iterator[str]:
    """Each write that was acknowledged is there, once; and there is no other."""
    for one in load.acknowledged:
        found = logged.pop(one.request_id, 0)
        if not one.least <= found <= one.most:
            yield f"{found} events of {one.request_id}, which was told of {one.least} to {one.most}"
    for request_id, found in logged.items():
        yield f"{found} events of {request_id}, which was never acknowledged"


def _of_counter(task: dict[str, Any], load: Load) -> Iterator[str]:
    if task["estimate"] != (load.increments or None):
        yield f"the counter was raised {load.increments} times and is {task['estimate']}"


def _of_log(events: list[dict[str, Any]], before: Rows, after: Rows) -> Iterator[str]:
    """Played again from the start, the log leads to the rows, and each event begins where the last one ended."""
    played = {task_id: {name: row[name] for name in (*COMPARED, "version")} for task_id, row in before.items()}
    for event in events:
        if event["type"] == "CREATED":
            played[event["subject_id"]] = dict.fromkeys(COMPARED) | {"version": 1}
        yield from _played(event, played[event["subject_id"]])
    for task_id in played.keys() | after.keys():
        row, said = after.get(task_id, {}), played.get(task_id, {})
        if said != {name: row.get(name) for name in said} or not said:
            yield f"task {task_id} is {row}, and its log says {said}"


def _played(event: dict[str, Any], row: dict[str, Any]) -> Iterator[str]:
    """Does to `row` what the event says."""
    row["version"] += event["type"] == "UPDATED"
    for name in event["changes"].keys() & row.keys():
        change = event["changes"][name]
        if row[name] != change["before"]:
            yield f"event {event['sequence']} lost an update of {name}: {row[name]} → {change}"
        row[name] = change["after"]


def _of_numbers(events: list[dict[str, Any]], before: Rows, teams: dict[str, int]) -> Iterator[str]:
    """Each team has given every number up to its last, and each of them once."""
    place = {task_id: (row["team_id"], row["number"]) for task_id, row in before.items()}
    given: defaultdict[str, list[int]] = defaultdict(list)
    for team_id, number in place.values():
        given[team_id].append(number)
    for event in events:
        changes, task_id = event["changes"], event["subject_id"]
        if event["subject_type"] == "Task" and changes.keys() & {"team_id", "number"}:
            old = place.get(task_id, (None, None))
            place[task_id] = tuple(
                changes[name]["after"] if name in changes else value
                for name, value in zip(("team_id", "number"), old, strict=True)
            )
            given[place[task_id][0]].append(place[task_id][1])
    for team_id, last in teams.items():
        if sorted(given[team_id]) != list(range(1, last + 1)):
            yield f"team {team_id} is at {last} and has given {sorted(given[team_id])}"
