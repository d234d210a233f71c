"""Every table there is, whose its rows are, and a tenant that has a row in each."""

from string import Template
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Table
from sqlmodel import SQLModel

import app.schema  # noqa: F401  # brings in the tables of all domains
from tests.factories import Tenant, make_tenant

GLOBAL = {"users", "embedding_models"}  # of no organization
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in GLOBAL]
OWNERS = ("organization_id", "actor_id", "id")  # what may say whose a row is: the first of these in the key
# A row for each table that `make_tenant` leaves empty.
ROWS = Template("""
INSERT INTO former_team_keys (organization_id, key, team_id, created_at) VALUES ($organization, 'OLD', $team, now());
INSERT INTO former_task_keys (organization_id, key, task_id, created_at) VALUES ($organization, 'OLD-1', $task, now());
INSERT INTO organization_settings (organization_id, locked, created_at, updated_at)
VALUES ($organization, '{}', now(), now());
INSERT INTO team_settings (organization_id, team_id, locked, created_at, updated_at)
VALUES ($organization, $team, '{}', now(), now());
INSERT INTO team_member_settings (organization_id, team_member_id, created_at, updated_at)
VALUES ($organization, $team_member, now(), now());
INSERT INTO invitation_teams (organization_id, invitation_id, team_id, role)
VALUES ($organization, $invitation, $team, 'MEMBER');
INSERT INTO export_chunks (organization_id, export_id, index, data) VALUES ($organization, $export, 0, 'data');
INSERT INTO event_counters (organization_id, last_sequence) VALUES ($organization, 1);
INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, api_key_id, changes, created_at)
VALUES ($organization, gen_random_uuid(), 1, 'CREATED', 'Task', $task, $api_key, '{}', now());
INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_by, deleted_at, purge_at)
VALUES ($organization, gen_random_uuid(), 'Task', ARRAY[$task], $owner, now(), now());
INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at) VALUES ($owner, 'a key', 'hash', now());
INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
VALUES ($organization, 'TASK', $task, 'a:1', 'hash');
INSERT INTO embeddings (organization_id, kind, subject_id, model_id, content_hash, embedding)
SELECT $organization, 'TASK', $task, 1, 'hash', array_fill(0.0625::real, ARRAY[256])::vector;
INSERT INTO embedding_jobs (organization_id, kind, subject_id, due_at)
VALUES ($organization, 'TASK', $task, now() + interval '1 day');
INSERT INTO search_words (organization_id, kind, lexeme, documents) VALUES ($organization, 'TASK', 'a', 1);
INSERT INTO search_word_totals (organization_id, kind) VALUES ($organization, 'TASK');
""")


def owner_column(table: Table) -> str:
    """The column that says whose a row is."""
    return next(name for name in OWNERS if name in table.primary_key.columns)


def owner_of(table: Table, tenant: Tenant) -> UUID:
    return tenant.users[0] if owner_column(table) == "actor_id" else tenant.id


async def make_full_tenant(superuser: "asyncpg.Connection[Any]") -> Tenant:
    """A tenant with a row in every table."""
    tenant = await make_tenant(superuser, documents=1)
    named = {
        "organization": tenant.id,
        "owner": tenant.users[0],
        "team": tenant.teams[0],
        "team_member": tenant.team_members[0],
        "task": tenant.tasks[0],
        "api_key": tenant.api_keys[0],
        "invitation": tenant.invitations[0],
        "export": tenant.exports[0],
    }
    await superuser.execute(ROWS.substitute({name: f"'{value}'::uuid" for name, value in named.items()}))
    return tenant
