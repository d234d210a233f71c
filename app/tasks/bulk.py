"""Writing several tasks at once, or one: what is to become of each, and what is wrong with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.auth.guards import Verdict, require
from app.graph.context import Context
from app.graph.ids import parse_id
from app.tasks.inputs import MOST_ITEMS, BulkErrorPolicy
from app.tasks.loaders import TASKS
from app.tasks.policies import can_work
from app.tasks.rows import TaskRow
from app.team_members.lock import row_with_role, rows_to_delete_with_roles, rows_with_roles
from app.writing.inputs import Checks
from app.writing.mutation import UserError, UserErrorCode, rejected


@dataclass
class Item:
    """One task to be written: `found` is what it is, once it is locked or made; `values` what it will be."""

    checks: Checks
    found: TaskRow | None = None
    verdict: Verdict = True
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> TaskRow:
        """The task of an item without mistakes."""
        if self.found is None:
            raise ValueError("the task has not been found")
        return self.found


async def locked_item(context: Context, task_id: str, checks: Checks, *texts: str, deleted: bool = False) -> Item:
    """The (deleted) task with that id, locked; raises NotFound and Forbidden.

    Of its long columns it has `texts`.
    """
    row, role = await row_with_role(context, TASKS, task_id, "task", *texts, deleted=deleted)
    require(can_work(context.actor, row, role))
    return Item(checks, row)


async def locked_items(context: Context, task_ids: Sequence[str], *texts: str, deleted: bool = False) -> list[Item]:
    """Each of the (deleted) tasks, locked; raises Rejected where they are too many.

    Of their long columns they have `texts`. What is not there, comes twice, or is not the actor's to write, is noted as
    its item's mistake.
    """
    ids = parsed(task_ids)
    rows = await rows_with_roles(context, TASKS, ids, *texts, deleted=deleted)
    return judged(context, ids, rows, "deleted task" if deleted else "task")


async def items_to_delete(context: Context, task_ids: Sequence[str]) -> list[Item]:
    """The same of tasks that are to be deleted: each locked, or deleted already."""
    ids = parsed(task_ids)
    return judged(context, ids, await rows_to_delete_with_roles(context, TASKS, ids), "task")


def parsed(task_ids: Sequence[str]) -> list[UUID]:
    """The ids that `ids` says; raises BadUserInput, and Rejected where they are too many."""
    require_few(task_ids, "ids")
    return [parse_id(task_id, f"ids.{place}") for place, task_id in enumerate(task_ids)]


def judged(
    context: Context, ids: Sequence[UUID], rows: Sequence[tuple[TaskRow | None, str | None]], noun: str
) -> list[Item]:
    """An item for each row with the actor's role in its team.

    What is not there, comes twice, or is not the actor's to write, is noted as its item's mistake.
    """
    items = []
    for place, (row, role) in enumerate(rows):
        checks = Checks("ids", str(place))
        verdict = row is None or can_work(context.actor, row, role)
        if row is None:
            checks.wrong(UserErrorCode.NOT_FOUND, f"There is no such {noun}.")
        elif verdict is not True:
            checks.wrong(UserErrorCode.FORBIDDEN, str(verdict))
        elif ids[place] in ids[:place]:
            checks.wrong(UserErrorCode.INVALID, "This id came before: name each once.")
        items.append(Item(checks, row))
    return items


def check_verdicts(items: Iterable[Item], *path: str) -> None:
    """Notes the policy's reason, and nothing else that is wrong, where the actor may not do it."""
    for item in items:
        if item.verdict is not True:
            item.checks.errors.clear()
            item.checks.wrong(UserErrorCode.FORBIDDEN, str(item.verdict), *path)


def admitted(items: Sequence[Item], on_error: BulkErrorPolicy) -> list[Item]:
    """Those that are to be written: the good ones, or none of them where others have mistakes."""
    good = [item for item in items if not item.checks.errors]
    return good if on_error is BulkErrorPolicy.SKIP or len(good) == len(items) else []


def mistakes(items: Iterable[Item]) -> list[UserError]:
    """What speaks against any of them."""
    return [error for item in items for error in item.checks.errors]


def require_few(items: Sequence[object], *path: str) -> None:
    """Raises Rejected where there are too many for one bulk."""
    if len(items) > MOST_ITEMS:
        message = f"At most {MOST_ITEMS} are allowed at once, not {len(items)}: send them in parts."
        raise rejected(UserErrorCode.LIMIT_EXCEEDED, message, *path)
