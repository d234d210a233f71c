"""Issuing secrets: new keys, new secrets for old ones, and the end of both."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.api_keys.loaders import API_KEYS
from app.api_keys.rows import ApiKeyRow
from app.auth.secrets import hash_of, new_key
from app.db.columns import new_id, now
from app.db.statement import Parameters
from app.events.change import change
from app.events.models import EventType
from app.events.record import record
from app.graph.context import Context
from app.writing.rows import insert_row, update_row


class Issued(NamedTuple):
    """The row of a key, and the key itself, which nobody can be told again."""

    row: ApiKeyRow
    secret: str


async def issue(context: Context, organization_id: UUID, values: Parameters) -> Issued:
    """A new key with `values`: its name, scopes, expires_at and rate_limit_per_minute."""
    key_id = new_id()
    secret = _secret(context, key_id)
    kept = {"created_by": context.actor.user_id, "secret_hash": hash_of(secret), "secret_created_at": now()}
    row = await insert_row(context, API_KEYS, {"organization_id": organization_id, "id": key_id, **values, **kept})
    record(context, EventType.CREATED, row, after=values)
    return Issued(row, secret)


async def rotate(context: Context, row: ApiKeyRow, *, until: datetime | None) -> Issued:
    """The key of `row`, which the operation holds locked, with a new secret; the old one works `until` then.

    The one before the old one ends at once. The event says when, and nothing of the secrets.
    """
    secret = _secret(context, row.id)
    shown = {"secret_created_at": now(), "former_secret_expires_at": until}
    hashes = {"secret_hash": hash_of(secret), "former_secret_hash": row.secret_hash if until else None}
    after = await update_row(context, API_KEYS, row, {**shown, **hashes})
    record(context, EventType.UPDATED, after, before={name: row[name] for name in shown}, after=shown)
    return Issued(after, secret)


async def revoke(context: Context, row: ApiKeyRow) -> ApiKeyRow:
    """The row of the key, which the operation holds locked, revoked; where it is so already, nothing happens."""
    return await change(context, API_KEYS, row, {"revoked_at": row.revoked_at or now()})


def _secret(context: Context, key_id: UUID) -> str:
    """The key with a new secret, which answers that are kept for retries will leave out."""
    secret = new_key(key_id)
    context.signed_in.secrets.append(secret)
    return secret
