"""What waits in the queues of a crowd, what its organizations have in their logs, and what is kept for retries."""

from typing import Final

from tests.crowd import Crowd

ANSWERS, OLD = 12_000, 10_000  # kept for retries, and those of them whose time is over
# So many that reading all of them is never cheapest.
ORGANIZATIONS: Final = """
INSERT INTO organizations (id, name, slug, created_at, updated_at)
SELECT gen_random_uuid(), 'Empty', 'empty-' || place, now(), now() FROM generate_series(1, 5000) AS place
"""
KEYS: Final = """
INSERT INTO api_keys (organization_id, id, name, scopes, created_by, secret_hash, secret_created_at, created_at,
                      updated_at)
SELECT organization_id, id, 'Key', '{READ}', user_id, sha256(uuid_send(id)), now(), now(), now()
FROM organization_members AS members
WHERE NOT EXISTS (SELECT FROM api_keys WHERE api_keys.organization_id = members.organization_id)
"""
INVITATIONS: Final = """
INSERT INTO invitations (organization_id, id, email, role, status, invited_by, secret_hash, expires_at, created_at,
                         updated_at)
SELECT organization_id, id, id || '@example.com', 'MEMBER', 'PENDING', user_id, sha256(uuid_send(id)),
       now() + interval '1 day', now(), now()
FROM organization_members AS members
WHERE NOT EXISTS (SELECT FROM invitations WHERE invitations.organization_id = members.organization_id)
"""
NOTES: Final = """
INSERT INTO documents (organization_id, id, team_id, title, kind, size, text_hash, status, created_at, updated_at)
SELECT organization_id, id, id, 'Note', 'TEXT', 6, encode(sha256('A text'), 'hex'), 'COMPLETED', now(), now()
FROM teams WHERE NOT EXISTS (SELECT FROM documents WHERE documents.organization_id = teams.organization_id)
"""
NOTE_TEXTS: Final = """
INSERT INTO document_texts (organization_id, document_id, text)
SELECT organization_id, id, 'A text' FROM documents ON CONFLICT DO NOTHING
"""
RESTORED: Final = """
INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at, restored_at)
SELECT organization_id, id, 'Team', ARRAY[id], now(), now() + interval '30 days', now() FROM teams
"""
SETTINGS: Final = (
    """
    INSERT INTO organization_settings (organization_id, locked, created_at, updated_at)
    SELECT organization_id, '{}', now(), now() FROM teams WHERE key = 'BARE'
    """,
    """
    INSERT INTO team_settings (organization_id, team_id, locked, created_at, updated_at)
    SELECT organization_id, id, '{}', now(), now() FROM teams WHERE key = 'BARE'
    """,
)
# All that waits is due tomorrow, so that no server takes it which is only asked.
JOBS: Final = """
INSERT INTO embedding_jobs (organization_id, kind, subject_id, due_at)
SELECT organization_id, kind, subject_id, now() + interval '1 day' FROM search_texts
"""
GIVE_UP: Final = """
UPDATE embedding_jobs SET parked_at = now() - interval '2 days', error = 'No', due_at = now() + interval '1 day'
WHERE organization_id <> $1 AND hashtext(subject_id::text) % 50 = 0
"""
PUT_OFF: Final = "UPDATE embedding_jobs SET due_at = now() + interval '1 day' WHERE due_at <= now()"
QUEUE_TEXTS: Final = "UPDATE embedding_jobs SET attempts = 0, due_at = now() WHERE organization_id = $1"
DOCUMENTS: Final = "UPDATE documents SET status = 'PENDING', due_at = now() + interval '1 day'"
QUEUE_DOCUMENT: Final = "UPDATE documents SET status = 'PENDING', due_at = now() WHERE id = $1"
EXPORTS: Final = """
INSERT INTO exports (organization_id, id, requested_by, status, due_at, secret_hashes, created_at, updated_at)
SELECT organization_id, gen_random_uuid(), user_id, 'PENDING', now() + interval '1 day', ARRAY[sha256('')], now(), now()
FROM organization_members WHERE role = 'OWNER'
"""
QUEUE_EXPORT: Final = (
    """
    INSERT INTO exports (organization_id, id, requested_by, status, size, expires_at, secret_hashes, created_at,
                         updated_at)
    VALUES ($1, gen_random_uuid(), $2, 'COMPLETED', 4, now() + interval '1 day', ARRAY[sha256('')], now(), now())
    """,
    """
    INSERT INTO exports (organization_id, id, requested_by, status, due_at, secret_hashes, created_at, updated_at)
    VALUES ($1, gen_random_uuid(), $2, 'PENDING', now(), ARRAY[sha256('')], now(), now())
    """,
)
EVENTS: Final = """
INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, created_at, changes)
SELECT organization_id, gen_random_uuid(), row_number() OVER (PARTITION BY organization_id ORDER BY id), 'CREATED',
       'Team', id, now(), '{}'
FROM teams
"""
COUNTERS: Final = """
INSERT INTO event_counters (organization_id, last_sequence)
SELECT organization_id, count(*) FROM events GROUP BY organization_id
"""
KEPT: Final = f"""
INSERT INTO idempotency_keys (actor_id, key, request_hash, created_at)
SELECT gen_random_uuid(), 'key', '',
       now() - CASE WHEN place <= {OLD} THEN '25 hours' ELSE '1 hour' END::interval - place * interval '1 second'
FROM generate_series(1, {ANSWERS}) AS place
"""
TRASH: Final = """
WITH deleted AS (
    INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at, tasks)
    SELECT $1, gen_random_uuid(), 'Task', ARRAY[id], now(), now(), 1 FROM tasks
    WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT 1
    RETURNING organization_id, id, subject_ids, deleted_at
)
UPDATE tasks SET deleted_at = deleted.deleted_at, deletion_id = deleted.id FROM deleted
WHERE tasks.organization_id = deleted.organization_id AND tasks.id = ANY (deleted.subject_ids)
"""


async def give_work(crowd: Crowd) -> None:
    """Of which no statistics know."""
    for statement in (
        ORGANIZATIONS,
        KEYS,
        INVITATIONS,
        NOTES,
        NOTE_TEXTS,
        RESTORED,
        *SETTINGS,
        JOBS,
        DOCUMENTS,
        EXPORTS,
        EVENTS,
        COUNTERS,
    ):
        await crowd.superuser.execute(statement)
    await give_up(crowd)


async def give_up(crowd: Crowd) -> None:
    """One in fifty of the texts of others, two days ago."""
    await crowd.superuser.execute(GIVE_UP, crowd.newest.id)


async def queue_texts(crowd: Crowd) -> None:
    """Those of the newest organization are due, and those of no other."""
    await crowd.superuser.execute(PUT_OFF)
    await crowd.superuser.execute(QUEUE_TEXTS, crowd.newest.id)


async def queue_document(crowd: Crowd) -> None:
    """One of the newest organization is due."""
    await crowd.superuser.execute(QUEUE_DOCUMENT, crowd.newest.documents[0])


async def queue_export(crowd: Crowd) -> None:
    """One of the newest organization is due, in the place of one that there is."""
    await crowd.superuser.execute("DELETE FROM exports WHERE organization_id = $1", crowd.newest.id)
    for statement in QUEUE_EXPORT:
        await crowd.superuser.execute(statement, crowd.newest.id, crowd.newest.users[0])


async def keep_answers(crowd: Crowd) -> None:
    """For retries, of nobody's requests."""
    await crowd.superuser.execute("DELETE FROM idempotency_keys")
    await crowd.superuser.execute(KEPT)


async def fill_trash(crowd: Crowd) -> None:
    """With a task of the newest organization, whose time is over."""
    await crowd.superuser.execute(TRASH, crowd.newest.id)
