"""Changing one's own name and picture."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.db.test_identity import send, somebody
from tests.factories import make_tenant
from tests.log import events_of
from tests.unchanged import unchanged

UPDATE = """mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) {
    user { name avatarUrl email } userErrors { code message path }
} }"""
PICTURE = "https://pictures.example/ada.png"


async def test_name_and_picture_change_in_every_organization(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant, other = await make_tenant(superuser), await make_tenant(superuser)
    await superuser.execute(
        "UPDATE organization_members SET user_id = $1 WHERE id = $2", tenant.users[0], other.members[0]
    )

    data = await api.data(UPDATE, who=tenant.owner, input={"name": " Ada ", "avatarUrl": PICTURE})

    user = {"name": "Ada", "avatarUrl": PICTURE, "email": tenant.owner}
    assert data["updateProfile"] == {"user": user, "userErrors": []}
    for one in (tenant, other):
        assert await events_of(superuser, one) == [
            {
                "type": "UPDATED",
                "subject_type": "User",
                "subject_id": tenant.users[0],
                "actor_id": tenant.users[0],
                "changes": {"name": ["Person 1", "Ada"], "avatar_url": [None, PICTURE]},
            }
        ]


async def test_what_is_left_out_stays_and_null_clears(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await api.data(UPDATE, who=tenant.owner, input={"avatarUrl": PICTURE})
    data = await api.data(UPDATE, who=tenant.owner, input={"name": "Ada"})
    assert data["updateProfile"]["user"]["avatarUrl"] == PICTURE
    data = await api.data(UPDATE, who=tenant.owner, input={"avatarUrl": None})
    assert data["updateProfile"]["user"] == {"name": "Ada", "avatarUrl": None, "email": tenant.owner}
    async with unchanged(superuser, tenant):
        await api.data(UPDATE, who=tenant.owner, input={"name": "Ada"})


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"name": " "}, "BLANK", "name"),
        ({"name": "\x01\u200d"}, "BLANK", "name"),
        ({"name": None}, "INVALID", "name"),
        ({"name": "a" * 101}, "TOO_LONG", "name"),
        ({"name": "a\nb"}, "INVALID", "name"),
        ({"avatarUrl": "http://pictures.example/a.png"}, "INVALID", "avatarUrl"),
        ({"avatarUrl": "javascript:alert(1)"}, "INVALID", "avatarUrl"),
        ({"avatarUrl": "https://[::1"}, "INVALID", "avatarUrl"),
        ({"avatarUrl": "https://a.example/a b"}, "INVALID", "avatarUrl"),
        ({"avatarUrl": f"https://a.example/{'a' * 2000}"}, "TOO_LONG", "avatarUrl"),
    ],
)
async def test_what_is_wrong_is_told(
    api: Api, superuser: "asyncpg.Connection[Any]", given: dict[str, Any], code: str, field: str
) -> None:
    tenant = await make_tenant(superuser)
    async with unchanged(superuser, tenant):
        payload = (await api.data(UPDATE, who=tenant.owner, input=given))["updateProfile"]
    assert payload["user"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, ["input", field])]


async def test_a_name_that_the_provider_says_stays_the_providers(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    claims = somebody()
    await send(api, claims)
    document = f'mutation {{ updateProfile(input: {{NAME avatarUrl: "{PICTURE}"}}) {{ user {{ name avatarUrl }}'
    document += " userErrors { code message path } } }"
    refused = (await send(api, claims, document.replace("NAME", 'name: "Boss"'))).json()["data"]["updateProfile"]
    message = "Your identity provider says what you are called: change it there."
    assert refused == {
        "user": None,
        "userErrors": [{"code": "LOCKED", "message": message, "path": ["input", "name"]}],
    }
    stored = "SELECT name, avatar_url FROM users WHERE subject = $1"
    assert [tuple(row) for row in await superuser.fetch(stored, claims["sub"])] == [("Some Body", None)]
    changed = (await send(api, claims, document.replace("NAME", ""))).json()["data"]["updateProfile"]
    assert changed["user"] == {"name": "Some Body", "avatarUrl": PICTURE}


async def test_nobody_changes_a_profile_without_signing_in(api: Api) -> None:
    error = await api.error(UPDATE, who=None, input={"name": "A"})
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
