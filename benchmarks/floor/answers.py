"""The four answers, each made by hand: dicts in the very form of our server's JSON, and nothing more general."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from app.graph.cursors import encode
from benchmarks.floor.reader import Connection, Identity, Reader, by_id, pages

Node: TypeAlias = dict[str, Any]

USER_NAME = """(
    SELECT users.name FROM organization_members AS person JOIN users ON users.id = person.user_id
     WHERE person.organization_id = row.organization_id AND person.id = row.organization_member_id
) AS user_name"""
TASK = "row.id, row.number, row.title, row.status, row.priority, row.created_at"
NEWEST_FIRST = "row.created_at DESC, row.id DESC"

TEAMS = pages("teams", "row.id, row.name", parent="organization_id", order="row.name, row.id")
MEMBERS = pages(
    "team_members", f"row.id, row.created_at, {USER_NAME}", parent="team_id", order="row.created_at, row.id"
)
TASKS = pages("tasks", TASK, parent="assignee_id", order=NEWEST_FIRST)
NEWEST = pages("tasks", f"{TASK}, row.team_id, row.assignee_id", parent="organization_id", order=NEWEST_FIRST)
TEAM_KEYS = by_id("teams", "row.key")
ASSIGNEES = by_id("team_members", USER_NAME)


async def lists(reader: Reader, slug: str) -> Node:
    organization_id, name, _ = await reader.organization(slug)
    teams, members, tasks = await _levels(reader, organization_id, (101, 11, 51))
    tasks_of: list[list[Node]] = [[] for _ in members]
    # Written out, here and below: five thousand calls of a function that makes the dict show in the figures.
    for ordinal, task_id, number, title, status, priority, created_at in tasks:
        tasks_of[ordinal - 1].append(
            {
                "id": str(task_id),
                "number": number,
                "title": title,
                "status": status,
                "priority": priority,
                "createdAt": created_at,
            }
        )
    members_of: list[list[Node]] = [[] for _ in teams]
    for (ordinal, member_id, _, user), nodes in zip(members, tasks_of, strict=True):
        members_of[ordinal - 1].append({"id": str(member_id), "user": {"name": user}, "tasks": {"nodes": nodes[:50]}})
    nodes = [
        {"id": str(team_id), "name": team, "members": {"nodes": nodes[:10]}}
        for (_, team_id, team), nodes in zip(teams, members_of, strict=True)
    ]
    return {"id": str(organization_id), "name": name, "teams": {"nodes": nodes[:100]}}


async def connections(reader: Reader, slug: str) -> Node:
    organization_id, name, _ = await reader.organization(slug)
    teams, members, tasks = await _levels(reader, organization_id, (51, 51, 51))
    cursors = encode("Task.created_at-", [(created_at, task_id) for _, task_id, *_, created_at in tasks])
    tasks_of: list[list[Node]] = [[] for _ in members]
    for (ordinal, task_id, number, title, status, priority, created_at), cursor in zip(tasks, cursors, strict=True):
        tasks_of[ordinal - 1].append(
            {
                "cursor": cursor,
                "node": {
                    "id": str(task_id),
                    "number": number,
                    "title": title,
                    "status": status,
                    "priority": priority,
                    "createdAt": created_at,
                },
            }
        )
    cursors = encode("TeamMember.created_at+", [(created_at, member_id) for _, member_id, created_at, _ in members])
    members_of: list[list[Node]] = [[] for _ in teams]
    for (ordinal, member_id, _, user), edges, cursor in zip(members, tasks_of, cursors, strict=True):
        node = {"id": str(member_id), "user": {"name": user}, "tasks": _connection(edges)}
        members_of[ordinal - 1].append({"cursor": cursor, "node": node})
    cursors = encode("Team.name+", [(team, team_id) for _, team_id, team in teams])
    team_edges = [
        {"cursor": cursor, "node": {"id": str(team_id), "name": team, "members": _connection(edges)}}
        for (_, team_id, team), edges, cursor in zip(teams, members_of, cursors, strict=True)
    ]
    return {"id": str(organization_id), "name": name, "teams": _connection(team_edges)}


async def newest(reader: Reader, slug: str) -> Node:
    organization_id, _, _ = await reader.organization(slug)
    tasks = await reader.rows(NEWEST, organization_id, [organization_id], 101)
    team_ids = list({team_id for *_, team_id, _ in tasks})
    assignee_ids = list({assignee_id for *_, assignee_id in tasks})
    keys = await reader.rows(TEAM_KEYS, organization_id, team_ids)
    users = await reader.rows(ASSIGNEES, organization_id, assignee_ids)
    key_of = {team_ids[ordinal - 1]: key for ordinal, key in keys}
    user_of = {assignee_ids[ordinal - 1]: user for ordinal, user in users}
    nodes = [
        {
            "id": str(task_id),
            "number": number,
            "title": title,
            "status": status,
            "priority": priority,
            "createdAt": created_at,
            "assignee": {"user": {"name": user_of[assignee_id]}},
            "team": {"key": key_of[team_id]},
        }
        for _, task_id, number, title, status, priority, created_at, team_id, assignee_id in tasks[:100]
    ]
    return {"id": str(organization_id), "tasks": {"nodes": nodes}}


async def small(reader: Reader, slug: str) -> Node:
    _, name, _ = await reader.organization(slug)
    return {"name": name, "slug": slug}


ANSWERS: dict[str, Callable[[Reader, str], Awaitable[Node]]] = {
    "lists": lists,
    "connections": connections,
    "newest": newest,
    "small": small,
}


async def answer(connection: Connection, identity: Identity, workload: str, slug: str) -> bytes:
    """The JSON of a workload's answer about one organization."""
    await connection.execute(identity.opening)
    try:
        organization = await ANSWERS[workload](Reader(connection, identity), slug)
    finally:
        await connection.execute("ROLLBACK")
    return orjson.dumps({"data": {"organization": organization}}, option=orjson.OPT_UTC_Z)


async def _levels(
    reader: Reader, organization_id: UUID, limits: tuple[int, int, int]
) -> tuple[list[Any], list[Any], list[Any]]:
    teams = await reader.rows(TEAMS, organization_id, [organization_id], limits[0])
    members = await reader.rows(MEMBERS, organization_id, [row[1] for row in teams], limits[1])
    return teams, members, await reader.rows(TASKS, organization_id, [row[1] for row in members], limits[2])


def _connection(edges: list[Node]) -> Node:
    shown = edges[:50]
    page_info = {"hasNextPage": len(edges) > 50, "endCursor": shown[-1]["cursor"] if shown else None}
    return {"pageInfo": page_info, "edges": shown}
