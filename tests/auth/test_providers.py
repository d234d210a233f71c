"""The tokens that docs/signing-in.md shows, of each identity provider, under the settings that it shows beside them."""

import json
import re
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest

from app.auth.claims import InvalidToken
from app.auth.tokens import Tokens
from app.config import Settings

SECRET = "0123456789abcdef" * 4
PAGE = (Path(__file__).parents[2] / "docs/signing-in.md").read_text()
PROVIDERS = dict(zip(*[iter(re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:])] * 2, strict=True))


def settings_of(section: str) -> Settings:
    """What the section sets, but for the keys, which are no provider's here."""
    (block,) = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    lines = (line.partition("=") for line in block.splitlines())
    values = {name.removeprefix("TRELLIS_").lower(): value for name, _, value in lines}
    assert values.pop("jwks_url").startswith("https://")
    return Settings.model_validate({**values, "jwt_secret": SECRET})


def token_of(section: str, **changes: Any) -> str:
    (block,) = re.findall(r"```json\n(.*?)```", section, flags=re.DOTALL)
    claims = json.loads(block) | {"iat": int(time()), "exp": int(time()) + 600} | changes
    return jwt.encode(claims, SECRET, "HS256")


def test_the_page_speaks_of_each() -> None:
    wanted = {"Auth0", "Clerk", "Supabase", "Better Auth", "Amazon Cognito", "Microsoft Entra ID", "Keycloak"}
    assert set(PROVIDERS) == wanted


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_its_token_says_who_somebody_is(provider: str) -> None:
    section = PROVIDERS[provider]
    claims = await Tokens(settings_of(section)).verify(token_of(section))
    assert (claims.email, claims.email_verified, claims.name) == ("ada@example.com", True, "Ada Lovelace")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_its_owner_can_write_verifies_nothing(provider: str) -> None:
    section, settings = PROVIDERS[provider], settings_of(PROVIDERS[provider])
    written = {"user_metadata": {"email_verified": True, "email": "boss@example.com"}}
    token = token_of(section, **written, **{settings.jwt_verified_claim: None})
    claims = await Tokens(settings).verify(token)
    assert (claims.email, claims.email_verified) == ("ada@example.com", False)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("claim", ["iss", "aud"])
async def test_a_slash_too_many_is_named(provider: str, claim: str) -> None:
    section, settings = PROVIDERS[provider], settings_of(PROVIDERS[provider])
    right = settings.jwt_issuer if claim == "iss" else settings.jwt_audience
    wrong = right.rstrip("/") if right.endswith("/") else f"{right}/"
    with pytest.raises(InvalidToken, match=f"Its claim `{claim}` differs only by a slash at the end."):
        await Tokens(settings).verify(token_of(section, **{claim: wrong}))
