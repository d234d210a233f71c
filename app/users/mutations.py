"""Changing one's own profile, and erasing people."""

import unicodedata
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import strawberry
from strawberry import UNSET

from app.auth.guards import require, require_row
from app.graph.context import Context, Info
from app.graph.ids import parse_id
from app.graph.select import Key
from app.trash.take_long import taking_long
from app.users.erase import erase, is_known, last_owner, names_of
from app.users.loaders import user_by_id
from app.users.models import LONGEST_NAME, LONGEST_URL
from app.users.policies import can_erase
from app.users.profile import change_profile
from app.users.queries import OrganizationId, UserId
from app.users.types import User
from app.writing.inputs import Checks
from app.writing.mutation import UserError, UserErrorCode, mutation, object_of


@strawberry.input(description="Changes of one's own profile: what is left out stays as it is.")
class UpdateProfileInput:
    name: str | None = strawberry.field(
        default=UNSET,
        description="What people call the viewer: 1 to 100 characters, white space around it not counted; cannot be "
        "cleared. LOCKED where the identity provider says it.",
    )
    avatar_url: str | None = strawberry.field(
        default=UNSET, description="Where the viewer's picture is: an https address of at most 2000 characters."
    )


@strawberry.type(description="The viewer as they are now, or why nothing was written.")
class UpdateProfilePayload:
    user: User | None = strawberry.field(default=None, description="The viewer; null where nothing was written.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")


@strawberry.type(description="Who was erased, or why nobody was.")
class EraseUserPayload:
    erased_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that they had; null where nobody was erased."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="Why nobody was erased.")


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
        return UpdateProfilePayload(user=object_of(await context.reload(user_by_id, Key(None, context.actor.id))))

    @mutation(
        description="Erases a person for good: THIS CANNOT BE UNDONE, by nobody. Name, address, picture and sign-in, "
        "their memberships, invitations of them and what events say of them are removed, and API keys that they have "
        "made end. What they wrote stays, texts that mention them too, and is shown beside `Deleted user`; tasks "
        "that are assigned to them are nobody's then. Without `organizationId` it is for themselves alone, and takes "
        "their account in all organizations: whoever signs in with the same token afterwards has a new one, and "
        "gets nothing of this back. With it, it is for themselves and the organization's owners, and takes what that "
        "organization has of them; their account stays theirs while another organization has them. LAST_OWNER for "
        "each organization that would have no owner. `erasurePreview` says before what it takes.",
        scope=None,
    )
    async def erase_user(
        self, info: Info, user_id: UserId, organization_id: OrganizationId = UNSET
    ) -> EraseUserPayload:
        context, person = info.context, parse_id(user_id, "id")
        within = parse_id(organization_id, "organizationId") if organization_id else None
        require_row(await is_known(context, person, within) or None, "user")
        require(can_erase(context.actor, person, within))
        await context.signed_in.write_pending()  # what was done before, while the log is still there to be written to
        async with taking_long(context):
            owned = await erase(context.fetch, person, within, by=context.actor.id, request_id=context.request_id)
        require_row(owned, "user")
        if owned:
            raise last_owner(await names_of(context.fetch, owned))
        await _come_out(context, person, within)
        return EraseUserPayload(erased_id=strawberry.ID(str(person)))


async def _come_out(context: Context, person: UUID, within: UUID | None) -> None:
    """Lets the actor, where it is they who were erased, be in no organization that they are erased from."""
    if person == context.actor.id and within is None:
        context.signed_in.actor = replace(context.actor, roles={})
    elif person == context.actor.id:
        await context.signed_in.refresh_actor()


def _values(given: UpdateProfileInput) -> dict[str, object]:
    """The columns that the input says something about; raises Rejected with all that is wrong."""
    checks = Checks("input")
    values: dict[str, object] = {}
    if checks.required(given.name, "name"):
        values["name"] = name = checks.text(given.name, "name", longest=LONGEST_NAME)
        if not checks.errors and any(unicodedata.category(letter) == "Cc" for letter in name):
            checks.wrong(UserErrorCode.INVALID, "Line breaks and control characters are not allowed.", "name")
    if given.avatar_url is not UNSET:
        values["avatar_url"] = url = checks.optional_text(given.avatar_url, "avatarUrl", longest=LONGEST_URL)
        if url is not None and not _is_https(url):
            checks.wrong(UserErrorCode.INVALID, "Write an address that begins with https://.", "avatarUrl")
    checks.done()
    return values


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # half an IPv6 address
        return False
    return parts.scheme == "https" and bool(parts.hostname) and text.isprintable() and " " not in text
