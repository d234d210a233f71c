"""Refusals that end a field: what the actor may not do, and what is not there for them."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from app.auth.actor import Actor, Scope
from app.errors import AppError

Found = TypeVar("Found")
Verdict: TypeAlias = bool | str  # of a policy: True, or the reason why not
Policy: TypeAlias = Callable[..., Verdict]  # of the actor and a row of its noun; of some nouns also the actor's role


class Forbidden(AppError):
    """The actor sees the object and may not do this to it."""

    code = "FORBIDDEN"
    status = 403


class NotFound(AppError):
    """There is no such object, or it is in an organization that the actor is not in: both sound the same."""

    code = "NOT_FOUND"
    status = 404


def require(verdict: Verdict) -> None:
    """Raises Forbidden with the policy's reason, unless it said True."""
    if verdict is not True:
        raise Forbidden(str(verdict))


def require_row(row: Found | None, noun: str) -> Found:
    """`row`; raises NotFound where there is none. `noun` is what was looked for, as in "task"."""
    if row is None:
        raise NotFound(f"There is no such {noun}.")
    return row


def require_scope(actor: Actor, scope: Scope | None) -> None:
    """Raises Forbidden where the actor is an API key whose scopes do not include this one; None is for people only."""
    if actor.grant is not None and scope is None:
        raise Forbidden("An API key may not do this: it takes a person, who signs in with a token.")
    if scope is not None and not actor.may(scope):
        raise Forbidden(f"This API key lacks the scope {scope}.")
