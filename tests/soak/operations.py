"""The mutations of the storm, and what each has written, by its answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from app.db.columns import new_id

TASK = "task { id } userErrors { code }"
CREATE = f"createTask(input: {{teamId: $%s, title: $title, tags: [$kind]}}) {{ {TASK} }}"
PAIR, BULK = 2, 5  # tasks that are made together; their tags say so, and never change


@dataclass(frozen=True)
class Operation:
    """A mutation; `idle` says that it may find its work done already, and then writes nothing."""

    document: str
    variables: dict[str, Any]
    idle: bool = False


@dataclass
class World:
    """What the clients know of the organization. Others change it meanwhile, so any of it may be wrong."""

    teams: list[str]
    tasks: list[str]
    deleted: list[str] = field(default_factory=list)

    def learn(self, data: dict[str, Any]) -> None:
        """Takes in what an answer says."""
        for payload in filter(None, data.values()):
            for one in payload.get("results", [payload]):
                if one.get("task") and one["task"]["id"] not in self.tasks:
                    self.tasks.append(one["task"]["id"])
            self.deleted.extend(payload.get("deletedIds", ()))


def events_of(data: dict[str, Any] | None) -> int:
    """How many events an answer tells of: one for each object that it says was written."""
    return sum(_events(payload) for payload in (data or {}).values() if payload is not None)


def _events(payload: dict[str, Any]) -> int:
    if payload["userErrors"]:
        return 0
    if "results" in payload:
        return sum(one["task"] is not None for one in payload["results"])
    return len(payload["deletedIds"]) if "deletedIds" in payload else 1


def create(world: World, random: Random) -> Operation:
    variables = {"team": random.choice(world.teams), "title": "New", "kind": "single"}
    return Operation(_mutation("$team: ID!, $title: String!, $kind: String!", CREATE % "team"), variables)


def create_pair(world: World, random: Random) -> Operation:
    one, two = random.sample(world.teams, 2)
    fields = f"one: {CREATE % 'one'} two: {CREATE % 'two'}"
    variables = {"one": one, "two": two, "title": "New", "kind": "pair"}
    return Operation(_mutation("$one: ID!, $two: ID!, $title: String!, $kind: String!", fields), variables)


def create_bulk(world: World, random: Random) -> Operation:
    """Every third has a mistake, and then nothing of it is written."""
    inputs = [{"teamId": random.choice(world.teams), "title": "New", "tags": ["bulk"]} for _ in range(BULK)]
    if random.random() < 1 / 3:
        inputs[-1]["title"] = ""
    fields = "createTasks(inputs: $inputs) { results { task { id } } userErrors { code } }"
    return Operation(_mutation("$inputs: [CreateTaskInput!]!", fields), {"inputs": inputs})


def update(world: World, random: Random) -> Operation:
    fields = f"updateTask(id: $id, input: {{title: $title, status: $status}}) {{ {TASK} }}"
    status = random.choice(["TODO", "IN_PROGRESS", "DONE"])
    variables = {"id": random.choice(world.tasks), "title": f"Title {new_id()}", "status": status}
    return Operation(_mutation("$id: ID!, $title: String!, $status: TaskStatus!", fields), variables)


def update_bulk(world: World, random: Random) -> Operation:
    fields = (
        "updateTasks(ids: $ids, input: {title: $title}, onError: SKIP) { results { task { id } } userErrors { code } }"
    )
    variables = {"ids": random.sample(world.tasks, BULK), "title": f"Title {new_id()}"}
    return Operation(_mutation("$ids: [ID!]!, $title: String!", fields), variables)


def move(world: World, random: Random) -> Operation:
    fields = f"moveTask(id: $id, teamId: $team) {{ {TASK} }}"
    variables = {"id": random.choice(world.tasks), "team": random.choice(world.teams)}
    return Operation(_mutation("$id: ID!, $team: ID!", fields), variables, idle=True)


def move_bulk(world: World, random: Random) -> Operation:
    fields = "moveTasks(ids: $ids, teamId: $team) { results { task { id } } userErrors { code } }"
    variables = {"ids": random.sample(world.tasks, BULK), "team": random.choice(world.teams)}
    return Operation(_mutation("$ids: [ID!]!, $team: ID!", fields), variables, idle=True)


def delete(world: World, random: Random) -> Operation:
    fields = "deleteTask(id: $id) { deletedIds userErrors { code } }"
    return Operation(_mutation("$id: ID!", fields), {"id": random.choice(world.tasks)}, idle=True)


def restore(world: World, random: Random) -> Operation:
    task = random.choice(world.deleted or world.tasks)
    return Operation(_mutation("$id: ID!", f"restoreTask(id: $id) {{ {TASK} }}"), {"id": task})


def rename_team(world: World, random: Random) -> Operation:
    fields = "updateTeam(id: $id, input: {name: $name}) { team { id } userErrors { code } }"
    return Operation(
        _mutation("$id: ID!, $name: String!", fields), {"id": random.choice(world.teams), "name": f"Team {new_id()}"}
    )


def delete_and_restore_team(world: World, random: Random) -> Operation:
    """In one document: nobody ever sees the team deleted."""
    fields = """gone: deleteTeam(id: $id) { deletedIds userErrors { code } }
        back: restoreTeam(id: $id) { team { id } userErrors { code } }"""
    return Operation(_mutation("$id: ID!", fields), {"id": random.choice(world.teams)})


def _mutation(variables: str, fields: str) -> str:
    return f"mutation ({variables}) {{ {fields} }}"


# How often each is chosen.
MIX: dict[Callable[[World, Random], Operation], int] = {
    create: 6,
    create_pair: 3,
    create_bulk: 2,
    update: 6,
    update_bulk: 2,
    move: 4,
    move_bulk: 2,
    delete: 2,
    restore: 2,
    rename_team: 1,
    delete_and_restore_team: 1,
}
