"""Which secrets of a key work after whatever was done with it: compared with a simple model."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import Api
from tests.api_keys.documents import REVOKE, ROTATE, VIEWER, make_key
from tests.factories import make_tenant

STEPS = ("rotate with grace", "rotate at once", "end grace", "expire", "revoke", "use")
PASSING = {"end grace": "former_secret_expires_at", "expire": "expires_at"}


@dataclass
class Model:
    """The secrets by their numbers: the newest, the one before it while it has a grace period, and no other."""

    newest: int = 0
    former: int | None = None
    ended: bool = False

    def do(self, step: str) -> None:
        if step in ("expire", "revoke"):
            self.ended = True
        elif step == "end grace":
            self.former = None
        elif step != "use" and not self.ended:
            self.former = self.newest if step == "rotate with grace" else None
            self.newest += 1

    def working(self) -> list[int]:
        return [] if self.ended else sorted({self.newest, self.newest if self.former is None else self.former})


async def do(api: Api, superuser: "asyncpg.Connection[Any]", who: str, key_id: str, step: str) -> str | None:
    """Does the step with the key; answers the new secret, if there is one."""
    if step in PASSING:
        column = PASSING[step]
        kept = "former_secret_hash IS NOT NULL" if step == "end grace" else "true"
        await superuser.execute(f"UPDATE api_keys SET {column} = now() WHERE id = $1 AND {kept}", UUID(key_id))
    elif step == "revoke":
        await api.data(REVOKE, who=who, id=key_id)
    elif step != "use":
        data = await api.data(ROTATE, who=who, id=key_id, grace=600 if step == "rotate with grace" else 0)
        secret: str | None = data["rotateApiKey"]["secret"]
        return secret
    return None


async def working(api: Api, secrets: list[str]) -> list[int]:
    """The numbers of those that are let in."""
    answers = [await api.send_with({"X-API-Key": secret}, VIEWER) for secret in secrets]
    return [number for number, answer in enumerate(answers) if answer.status_code == 200]


@given(steps=st.lists(st.sampled_from(STEPS), max_size=6))
@settings(max_examples=15, deadline=None)
async def test_the_secrets_that_work_are_those_of_the_model(
    api: Api, superuser: "asyncpg.Connection[Any]", steps: list[str]
) -> None:
    tenant = await make_tenant(superuser)
    key_id, first = await make_key(api, tenant)
    model, secrets = Model(), [first]
    for step in steps:
        if step == "use":
            await working(api, secrets)  # so that the server remembers them
        secret = await do(api, superuser, tenant.owner, key_id, step)
        secrets += [secret] if secret else []
        model.do(step)
    assert len(secrets) == model.newest + 1
    assert await working(api, secrets) == model.working()
