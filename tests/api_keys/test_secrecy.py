"""The secret of an API key is shown to who makes it and to nobody else: in no table, event, log or error."""

import logging
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from sqlmodel import SQLModel

from app.auth.secrets import SECRET_BYTES, hash_of, new_key, presented
from app.config import Settings
from app.db.columns import new_id
from tests.api import SECRET, Api, serving
from tests.api_keys.documents import CREATE, REVOKE, ROTATE, ask, given, make_key
from tests.factories import Tenant, make_tenant

EVERYTHING = """query ($id: ID!) { node(id: $id) { ... on ApiKey { id name prefix scopes createdAt secretCreatedAt
    events { nodes { changes { field before after } } } } } }"""


def hidden(key: str) -> str:
    """The part of a key that is a secret."""
    return key.split("_")[2]


async def found_in(superuser: "asyncpg.Connection[Any]", text: str) -> list[str]:
    """The tables of which a row holds the text, also in bytes."""
    found = []
    for table in SQLModel.metadata.sorted_tables:
        rows = f"SELECT count(*) FROM {table.name} AS t WHERE t::text ~ $1"
        if await superuser.fetchval(rows, f"{text}|{text.encode().hex()}"):
            found.append(table.name)
    return found


async def provoke(api: Api, tenant: Tenant, key: str) -> list[str]:
    """What is answered to the key in all kinds of trouble."""
    documents = [
        "{ viewer { apiKey { id } } }",
        "{ nothing }",
        "mutation { deleteOrganization(id: 5) { deletedIds } }",
        f'mutation {{ createTeam(input: {{organizationId: "{tenant.id}", key: "{key}", name: ""}}) {{ __typename }} }}',
    ]
    headers = [
        {"Authorization": f"Bearer {key}"},
        {"X-API-Key": key},
        {"X-API-Key": f"{key}0"},
        {"X-API-Key": key[:-1]},
    ]
    return [(await api.send_with(one, document)).text for one in headers for document in documents]


async def test_a_secret_is_long_and_random() -> None:
    keys = {new_key(new_id()) for _ in range(1000)}
    assert SECRET_BYTES * 8 >= 128
    assert len({hidden(key) for key in keys}) == 1000
    assert {len(hidden(key)) for key in keys} == {2 * SECRET_BYTES}


async def test_what_is_presented_tells_no_secret() -> None:
    key = new_key(new_id())
    assert hidden(key) not in repr(presented(key))
    assert presented(key).is_one_of(None, hash_of(key))
    assert not presented(key).is_one_of(None, hash_of(key + "0"))
    assert not presented(key).is_one_of()


async def test_a_secret_is_kept_and_told_nowhere(
    database: Any, superuser: "asyncpg.Connection[Any]", caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    tenant = await make_tenant(superuser)
    settings = Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))
    caplog.set_level(logging.DEBUG)
    async with serving(settings) as api:
        key_id, first = await make_key(api, tenant, "ADMIN")
        statements = list(api.statements)
        told = await provoke(api, tenant, first)
        data = await api.data(ROTATE, who=tenant.owner, id=key_id)
        second = data["rotateApiKey"]["secret"]
        statements += api.statements
        told += [str(await ask(api, second, EVERYTHING, id=key_id))]
        await superuser.execute("ALTER TABLE api_keys RENAME TO away")  # a failure of the server's own
        try:
            told += [(await api.send_with({"X-API-Key": second}, "{ viewer { apiKey { id } } }")).text]
        finally:
            await superuser.execute("ALTER TABLE away RENAME TO api_keys")
        told += await provoke(api, tenant, second)
        await api.data(REVOKE, who=tenant.owner, id=key_id)
        told += await provoke(api, tenant, second)

    written = capfd.readouterr()
    assert len(caplog.records) > 0
    for secret in map(hidden, (first, second)):
        assert await found_in(superuser, secret) == []
        for place in (*told, *statements, caplog.text, written.out, written.err):
            assert secret not in place


async def test_an_answer_that_is_kept_for_a_retry_leaves_the_secret_out(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    headers = api.headers(tenant.owner) | {"Idempotency-Key": "once"}
    first, again = [(await api.send_with(headers, CREATE, input=given(tenant))).json() for _ in range(2)]

    secret = first["data"]["createApiKey"].pop("secret")
    assert again["data"]["createApiKey"].pop("secret") is None
    assert again == first
    assert "errors" not in await ask(api, secret)
    assert await found_in(superuser, hidden(secret)) == []
    assert await superuser.fetchval("SELECT count(*) FROM api_keys WHERE organization_id = $1", tenant.id) == 2


async def test_under_any_name_the_secret_is_left_out(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    document = f"""mutation {{
        one: rotateApiKey(id: "{tenant.api_keys[0]}") {{ here: secret there: secret }}
        two: rotateApiKey(id: "{tenant.api_keys[0]}") {{ secret }}
    }}"""
    headers = api.headers(tenant.owner) | {"Idempotency-Key": "twice"}
    first, again = [(await api.send_with(headers, document)).json() for _ in range(2)]
    assert first["data"]["one"]["here"] == first["data"]["one"]["there"] != first["data"]["two"]["secret"]
    assert again["data"] == {"one": {"here": None, "there": None}, "two": {"secret": None}}
