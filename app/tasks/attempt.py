"""Attempts to write tasks: what is to become of each item of a bulk, or of the only one, and what speaks against it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.graph.change import rows_for_update
from app.graph.context import Context
from app.graph.guards import Verdict, require, require_row
from app.graph.ids import parse_id
from app.graph.inputs import Checks
from app.graph.select import Key
from app.graph.writes import UserError, UserErrorCode, rejected
from app.tasks.inputs import MOST_ITEMS, BulkErrorPolicy
from app.tasks.loaders import TASKS
from app.tasks.policies import can_work
from app.team_members.loaders import actor_roles_by_team, actor_roles_to_restore
from app.trash.hold import rows_to_restore


@dataclass
class Attempt:
    """One item: `row` is the task as it is, once it is locked or made; `values` are those that are to be written."""

    checks: Checks
    row: Any = None
    verdict: Verdict = True
    values: dict[str, Any] = field(default_factory=dict)


async def attempt_on(context: Context, task_id: str, checks: Checks, *, deleted: bool = False) -> Attempt:
    """The attempt on the (deleted) task with that id, which is locked; raises NotFound and Forbidden."""
    locked = rows_to_restore if deleted else rows_for_update
    (row,) = await locked(context, TASKS, [parse_id(task_id, "id")])
    require_row(row, noun(deleted=deleted))
    attempt = Attempt(checks, row)
    await _judge(context, [attempt], deleted=deleted)
    require(attempt.verdict)
    return attempt


async def attempts_on(context: Context, task_ids: Sequence[str], *, deleted: bool = False) -> list[Attempt]:
    """The attempt on each of the (deleted) tasks, which are locked; raises Rejected where they are too many.

    What is not there, comes twice, or is not the actor's to write, is noted as its item's mistake.
    """
    require_few(task_ids, "ids")
    ids = [parse_id(task_id, f"ids.{place}") for place, task_id in enumerate(task_ids)]
    rows = await (rows_to_restore if deleted else rows_for_update)(context, TASKS, ids)
    attempts = [Attempt(Checks("ids", str(place)), row) for place, row in enumerate(rows)]
    await _judge(context, [attempt for attempt in attempts if attempt.row is not None], deleted=deleted)
    check_verdicts(attempts)
    seen: set[UUID] = set()
    for task_id, attempt in zip(ids, attempts, strict=True):
        if attempt.row is None:
            attempt.checks.wrong(UserErrorCode.NOT_FOUND, f"There is no such {noun(deleted=deleted)}.")
        elif task_id in seen:
            attempt.checks.wrong(UserErrorCode.INVALID, "This id came before: name each once.")
        seen.add(task_id)
    return attempts


def noun(*, deleted: bool) -> str:
    return "deleted task" if deleted else "task"


async def _judge(context: Context, attempts: Sequence[Attempt], *, deleted: bool) -> None:
    keys = [Key(attempt.row.organization_id, attempt.row.team_id) for attempt in attempts]
    roles = actor_roles_to_restore if deleted else actor_roles_by_team
    for attempt, role in zip(attempts, await context.load_many(roles, keys), strict=True):
        attempt.verdict = can_work(context.actor, attempt.row, role)


def check_verdicts(attempts: Iterable[Attempt], *path: str) -> None:
    """Notes the policy's reason, and nothing else that is wrong, where the actor may not do it."""
    for attempt in attempts:
        if attempt.verdict is not True:
            attempt.checks.errors.clear()
            attempt.checks.wrong(UserErrorCode.FORBIDDEN, str(attempt.verdict), *path)


def admitted(attempts: Sequence[Attempt], on_error: BulkErrorPolicy) -> list[Attempt]:
    """Those that are to be written: the good ones, or none of them where others have mistakes."""
    good = [attempt for attempt in attempts if not attempt.checks.errors]
    return good if on_error is BulkErrorPolicy.SKIP or len(good) == len(attempts) else []


def mistakes(attempts: Iterable[Attempt]) -> list[UserError]:
    """What speaks against any of them."""
    return [error for attempt in attempts for error in attempt.checks.errors]


def require_few(items: Sequence[Any], *path: str) -> None:
    """Raises Rejected where there are too many for one bulk."""
    if len(items) > MOST_ITEMS:
        message = f"At most {MOST_ITEMS} are allowed at once, not {len(items)}: send them in parts."
        raise rejected(UserErrorCode.LIMIT_EXCEEDED, message, *path)
