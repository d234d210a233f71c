"""Changing one's own profile."""

import unicodedata
from typing import Annotated, Any
from urllib.parse import urlsplit

import strawberry
from strawberry import UNSET

from app.graph.context import Info
from app.graph.inputs import Checks
from app.graph.mutation import UserError, UserErrorCode, mutation
from app.graph.select import Key
from app.users.loaders import user_by_id
from app.users.models import LONGEST_NAME, LONGEST_URL
from app.users.profile import change_profile
from app.users.types import User


@strawberry.input(description="Changes of one's own profile: what is left out stays as it is.")
class UpdateProfileInput:
    name: str | None = strawberry.field(
        default=UNSET,
        description="What people call the viewer: 1 to 100 characters, white space around it not counted; cannot be "
        "cleared. FORBIDDEN where the identity provider says it.",
    )
    avatar_url: str | None = strawberry.field(
        default=UNSET, description="Where the viewer's picture is: an https address of at most 2000 characters."
    )


@strawberry.type(description="The viewer as they are now, or why nothing was written.")
class UpdateProfilePayload:
    user: User | None = strawberry.field(default=None, description="The viewer; null where nothing was written.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")


@strawberry.type
class UserMutations:
    @mutation(
        description="Changes what the viewer says of themselves, which all of their organizations see.",
        scope=None,
    )
    async def update_profile(
        self,
        info: Info,
        given: Annotated[UpdateProfileInput, strawberry.argument(name="input", description="What is to be different.")],
    ) -> UpdateProfilePayload:
        context = info.context
        await change_profile(context, _values(given))
        return UpdateProfilePayload(user=await context.reload(user_by_id, Key(None, context.actor.id)))


def _values(given: UpdateProfileInput) -> dict[str, Any]:
    """The columns that the input says something about; raises Rejected with all that is wrong."""
    checks = Checks("input")
    values: dict[str, Any] = {}
    if checks.required(given.name, "name"):
        values["name"] = checks.text(given.name, "name", longest=LONGEST_NAME)
        if any(unicodedata.category(letter) == "Cc" for letter in values["name"]):
            checks.wrong(UserErrorCode.INVALID, "Line breaks and control characters are not allowed.", "name")
    if given.avatar_url is not UNSET:
        values["avatar_url"] = checks.optional_text(given.avatar_url, "avatarUrl", longest=LONGEST_URL)
        if values["avatar_url"] is not None and not _is_https(values["avatar_url"]):
            checks.wrong(UserErrorCode.INVALID, "Write an address that begins with https://.", "avatarUrl")
    checks.done()
    return values


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # half an IPv6 address
        return False
    return parts.scheme == "https" and bool(parts.hostname) and text.isprintable() and " " not in text
