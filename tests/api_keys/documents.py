"""What clients send to manage API keys, and the keys that tests call with."""

from typing import Any
from uuid import UUID

import asyncpg

from app.auth.actor import SCOPES
from app.auth.secrets import new_key, presented
from app.db.columns import new_id
from tests.api import Api
from tests.factories import Tenant

KEY = """id name prefix scopes rateLimitPerMinute createdAt expiresAt revokedAt lastUsedAt secretCreatedAt
    formerSecretExpiresAt createdBy { email } organization { slug }"""
ERRORS = "userErrors { code message path }"
CREATE = (
    f"mutation ($input: CreateApiKeyInput!) {{ createApiKey(input: $input) {{ apiKey {{ {KEY} }} secret {ERRORS} }} }}"
)
ROTATE = f"""mutation ($id: ID!, $grace: Int! = 3600) {{
    rotateApiKey(id: $id, graceSeconds: $grace) {{ apiKey {{ {KEY} }} secret {ERRORS} }}
}}"""
REVOKE = f"mutation ($id: ID!) {{ revokeApiKey(id: $id) {{ apiKey {{ {KEY} }} secret {ERRORS} }} }}"
VIEWER = "{ viewer { user { id } apiKey { id name } organizations { nodes { slug viewerRole } } } }"


REVOKED = "This API key has been revoked: ask an admin of the organization for another."
EXPIRED = "This API key has expired: ask an admin of the organization for another."
REPLACED = "The secret of this API key has been replaced by a newer one."
UNKNOWN = "This API key is not known here: look whether all of it was copied."
INSERT = """
INSERT INTO api_keys (organization_id, id, name, scopes, secret_hash, secret_created_at, created_at, updated_at)
VALUES ($1, $2, 'Key', $3, $4, now(), now(), now())
"""


def given(tenant: Tenant, **more: Any) -> dict[str, Any]:
    """An input that is right but for `more`."""
    return {"organizationId": str(tenant.id), "name": "Robot", "scopes": ["READ"], **more}


async def make_key(api: Api, tenant: Tenant, *scopes: str, **more: Any) -> tuple[str, str]:
    """The id of a new key, and the key as its program sends it."""
    data = await api.data(CREATE, who=tenant.owner, input=given(tenant, scopes=scopes or ["READ"], **more))
    payload = data["createApiKey"]
    assert payload["userErrors"] == []
    return payload["apiKey"]["id"], payload["secret"]


async def insert_keys(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> dict[str, str]:
    """A key for each scope, as its program sends it."""
    keys: dict[str, str] = {scope: new_key(new_id()) for scope in SCOPES}
    await superuser.executemany(
        INSERT,
        [(tenant.id, presented(key).id, [scope], presented(key).secret_hash) for scope, key in keys.items()],
    )
    return keys


async def ask(api: Api, key: str, query: str = VIEWER, **variables: Any) -> Any:
    """The body of the answer to a program with that key."""
    response = await api.send_with({"Authorization": f"Bearer {key}"}, query, **variables)
    assert response.status_code < 500, response.text
    return response.json()


async def refusal(api: Api, key: str) -> str:
    """The sentence with which the key is turned away."""
    response = await api.send_with({"Authorization": f"Bearer {key}"}, VIEWER)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="trellis", error="invalid_token"'
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    message: str = error["message"]
    return message


async def expire(superuser: "asyncpg.Connection[Any]", column: str, key_id: str) -> None:
    """As if the time of `column` had come."""
    await superuser.execute(f"UPDATE api_keys SET {column} = now() WHERE id = $1", UUID(key_id))
