"""Root fields that write: each in a savepoint, with mistakes in the input answered as `userErrors`."""

import re
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from functools import wraps
from typing import Any, Generic, Self, TypeVar, get_type_hints

import asyncpg
import strawberry

from app.auth.actor import Scope
from app.auth.guards import require_scope
from app.db.record import Record
from app.graph.context import Info
from app.graph.fields import NAMED_AFTER_TYPE

SHARD = re.compile(r"_\d+$")  # Citus puts the number of the shard behind the name of a constraint


@strawberry.enum(description="What is wrong with an input.")
class UserErrorCode(Enum):
    BLANK = strawberry.enum_value("BLANK", description="Nothing that shows: white space, or invisible letters.")
    TOO_LONG = strawberry.enum_value("TOO_LONG", description="More characters or items than are allowed.")
    TOO_SHORT = strawberry.enum_value("TOO_SHORT", description="Fewer characters or items than are needed.")
    INVALID = strawberry.enum_value("INVALID", description="Not of the form or in the range that is allowed.")
    TAKEN = strawberry.enum_value("TAKEN", description="Somebody else has it already.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="What the input refers to is not there.")
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="The viewer may not do this to this item of a bulk.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="The object has changed since `expectedVersion`.")
    LOCKED = strawberry.enum_value(
        "LOCKED",
        description="Somebody else says it: a level above, which has locked this setting, or the identity provider.",
    )
    PARENT_DELETED = strawberry.enum_value("PARENT_DELETED", description="What it belongs to is deleted.")
    LAST_OWNER = strawberry.enum_value("LAST_OWNER", description="An organization needs an owner.")
    LIMIT_EXCEEDED = strawberry.enum_value("LIMIT_EXCEEDED", description="More than is allowed at once.")


@strawberry.type(description="A mistake in an input, which a form can show beside its field.")
class UserError:
    code: UserErrorCode = strawberry.field(description="For programs.")
    message: str = strawberry.field(description="For people: what is wrong and what to do.")
    path: list[str] = strawberry.field(description="Where in the arguments, as in `input`, `title`.")


Noun = TypeVar("Noun")


def object_of(row: object) -> Any:
    """A row, or a list of some, where objects of their noun's GraphQL type are expected: fields are read of either."""
    return row


@strawberry.type(description="What became of an object.")
class Payload(Generic[Noun]):
    """In the schema a `Payload[Team]` is a TeamPayload, and its row is called `team`."""

    row: Noun | None = strawberry.field(
        default=None,
        description="The object as it is now; null where nothing was written, but for a CONFLICT.",
        metadata={NAMED_AFTER_TYPE: True},
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="What is wrong with the input; where there is anything, nothing was written."
    )

    @classmethod
    def of(cls, row: Record | None) -> Self:
        return cls(row=object_of(row))


class Rejected(Exception):
    """An input that cannot be used: the payload says so, with the `row` as it is, and nothing is written."""

    def __init__(self, *errors: UserError, row: Record | None = None) -> None:
        super().__init__(errors)
        self.errors = list(errors)
        self.shown = {} if row is None else {"row": row}


def rejected(code: UserErrorCode, message: str, *path: str, row: Record | None = None) -> Rejected:
    """One mistake at `path`."""
    return Rejected(UserError(code=code, message=message, path=list(path)), row=row)


Resolver = Callable[..., Coroutine[Any, Any, Any]]
Violations = Mapping[str, UserError]  # constraint → what its violation means for the caller


def mutation(
    *, description: str, scope: Scope | None = "WRITE_ALL", violations: Violations | None = None
) -> Callable[[Resolver], Any]:
    """A root field that writes. Its resolver answers a payload, a type whose fields but `user_errors` are optional.

    The field itself is nullable: an error in it takes nothing from the answers of those beside it, which stay done.

    `scope` is what an API key needs for it before any policy is asked; None for what only people do.

    It raises Rejected for what a form can mend and AppError for the rest; either way nothing that it wrote remains.
    Checks before a write cannot see what others write meanwhile, so the database's constraints have the last word:
    `violations` says what each of them means.
    """

    def decorate(resolver: Resolver) -> Any:
        @wraps(resolver)
        async def resolve(self: Any, info: Info, **arguments: Any) -> Any:
            try:
                require_scope(info.context.actor, scope)
                async with info.context.signed_in.savepoint():
                    payload = await resolver(self, info, **arguments)
            except Rejected as refusal:
                payload = _payload_of(resolver)(user_errors=refusal.errors, **refusal.shown)
            except asyncpg.IntegrityConstraintViolationError as violation:
                payload = _payload_of(resolver)(user_errors=[_user_error(violation, violations or {})])
            finally:
                # Loaded before a write, or after one that has been undone.
                info.context.batches.clear()
            return payload

        needed = "API keys may not." if scope is None else f"An API key needs {scope}."
        return strawberry.mutation(
            resolve, description=f"{description} {needed}", graphql_type=_payload_of(resolver) | None
        )

    return decorate


def _payload_of(resolver: Resolver) -> Any:
    return get_type_hints(resolver)["return"]


def _user_error(violation: asyncpg.IntegrityConstraintViolationError, violations: Violations) -> UserError:
    """What to tell the caller of a violated constraint: never its name, nor anything else that PostgreSQL said."""
    name = SHARD.sub("", violation.constraint_name or "")
    if name in violations:
        return violations[name]
    if isinstance(violation, asyncpg.ForeignKeyViolationError):
        return UserError(code=UserErrorCode.NOT_FOUND, message="Something it refers to is gone.", path=["input"])
    if isinstance(violation, asyncpg.UniqueViolationError):
        return UserError(code=UserErrorCode.TAKEN, message="Such an object exists already.", path=["input"])
    return UserError(code=UserErrorCode.INVALID, message="A value is not allowed here.", path=["input"])
