"""What no row can be, whoever writes it: the constraints of the database."""

from typing import Any

import asyncpg
import pytest
from sqlalchemy import ForeignKeyConstraint, Table
from sqlmodel import SQLModel

from app.db.columns import new_id
from tests.factories import Tenant, make_tenant
from tests.tables import GLOBAL, TABLES, make_full_tenant, owner_column, owner_of

LINKS = [
    (table, constraint)
    for table in TABLES
    for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.name))
    if "organization_id" in constraint.referred_table.c
]
# For each CHECK what breaks it.
VIOLATIONS: dict[str, tuple[str, ...]] = {
    "ck_users_email_length": ("email = 'a@'", "email = repeat('a', 255)"),
    "ck_users_avatar_url_length": ("avatar_url = ''", "avatar_url = repeat('a', 2001)"),
    "ck_users_name_length": ("name = ''", "name = repeat('a', 101)"),
    "ck_users_subject_length": ("subject = ''", "subject = repeat('a', 256)"),
    "ck_organizations_name_length": ("name = ''", "name = repeat('a', 101)"),
    "ck_organizations_slug_form": ("slug = 'a'", "slug = 'Ab'", "slug = 'a b'", "slug = repeat('a', 51)"),
    "ck_organizations_version_positive": ("version = 0",),
    "ck_organization_members_role_known": ("role = 'GUEST'", "role = 'owner'"),
    "ck_organization_members_nobodys_deleted": ("user_id = '00000000-0000-7000-8000-000000000000'",),
    "ck_invitations_email_length": ("email = 'a@'", "email = repeat('a', 255)"),
    "ck_invitations_message_length": ("message = ''", "message = repeat('a', 1001)"),
    "ck_invitations_role_known": ("role = 'GUEST'",),
    "ck_invitations_secret_hash_length": ("secret_hash = 'short'",),
    "ck_invitations_status_known": ("status = 'EXPIRED'",),
    "ck_invitation_teams_role_known": ("role = 'OWNER'",),
    "ck_exports_status_known": ("status = 'LOST', size = NULL",),
    "ck_exports_due_until_finished": ("due_at = now(), expires_at = NULL", "status = 'PENDING', size = NULL"),
    "ck_exports_expires_once_finished": ("expires_at = NULL",),
    "ck_exports_error_where_failed": ("error = 'a'",),
    "ck_exports_size_where_completed": ("size = NULL",),
    "ck_exports_error_length": (
        *("status = 'FAILED', size = NULL, error = ''", "status = 'FAILED', size = NULL, error = repeat('a', 201)"),
    ),
    "ck_exports_attempts_not_negative": ("attempts = -1",),
    "ck_exports_lines_written_not_negative": ("lines_written = -1",),
    "ck_exports_secret_hashes_some": ("secret_hashes = '{}'", "secret_hashes = array_fill('a'::bytea, ARRAY[11])"),
    "ck_export_chunks_index_not_negative": ("index = -1",),
    "ck_export_chunks_data_fits": ("data = ''", "data = repeat('a', 1048577)::bytea"),
    "ck_teams_key_form": ("key = ''", "key = '1A'", "key = 'eng'", "key = repeat('A', 13)", "key = E'A\\n'"),
    "ck_teams_name_length": ("name = ''", "name = repeat('a', 101)"),
    "ck_teams_description_length": ("description = repeat('a', 65537)",),
    "ck_teams_last_number_not_negative": ("last_number = -1",),
    "ck_teams_version_positive": ("version = 0",),
    "ck_former_team_keys_key_form": ("key = 'old'", "key = 'OLD-1'"),
    "ck_team_members_role_known": ("role = 'OWNER'",),
    "ck_tasks_completed_when_done": ("status = 'DONE'", "completed_at = now()"),
    "ck_tasks_due_date_fits": (
        *("due_date = 'infinity'", "due_date = '9999-12-31'"),
        *("due_date = '-infinity'", "due_date = '0001-01-01'"),
    ),
    "ck_tasks_estimate_fits": (
        *("estimate = -1", "estimate = 1000000.5", "estimate = 'infinity'", "estimate = 'NaN'"),
    ),
    "ck_tasks_priority_known": ("priority = 'ASAP'",),
    "ck_tasks_status_known": ("status = 'LOST'",),
    "ck_tasks_description_length": ("description = repeat('a', 65537)",),
    "ck_tasks_title_length": ("title = ''", "title = repeat('a', 201)"),
    "ck_tasks_number_positive": ("number = 0",),
    "ck_tasks_tags_valid": (
        "tags = ARRAY['']",
        "tags = ARRAY[NULL]::text[]",
        "tags = ARRAY[repeat('a', 51)]",
        "tags = array_fill('a'::text, ARRAY[21])",
    ),
    "ck_tasks_version_positive": ("version = 0",),
    "ck_documents_title_length": ("title = ''", "title = repeat('a', 201)"),
    "ck_documents_kind_known": ("kind = 'PDF'",),
    "ck_documents_source_length": ("source = ''", "source = repeat('a', 2001)"),
    "ck_documents_size_fits": ("size = -1", "size = 1048577"),
    "ck_documents_text_hash_form": ("text_hash = ''", "text_hash = repeat('A', 64)"),
    "ck_documents_status_known": ("status = 'LOST'",),
    "ck_documents_due_until_done": ("due_at = now()", "status = 'PENDING'"),
    "ck_documents_error_where_failed": ("status = 'FAILED'", "processing_error = 'a'"),
    "ck_documents_processing_error_length": ("status = 'FAILED', due_at = NULL, processing_error = repeat('a', 1001)",),
    "ck_documents_attempts_not_negative": ("attempts = -1",),
    "ck_documents_chunk_count_not_negative": ("chunk_count = -1",),
    "ck_documents_version_positive": ("version = 0",),
    "ck_document_texts_text_fits": ("text = repeat('é', 524289)",),
    "ck_document_chunks_index_not_negative": ("index = -1",),
    "ck_document_chunks_page_positive": ("page = 0",),
    "ck_events_type_known": ("type = 'LOST'",),
    "ck_events_sequence_positive": ("sequence = 0",),
    "ck_events_one_actor": ("actor_id = gen_random_uuid()",),
    "ck_api_keys_name_length": ("name = ''", "name = repeat('a', 101)"),
    "ck_api_keys_scopes_known": ("scopes = '{}'", "scopes = '{OWN}'", "scopes = '{READ,READ,READ,READ,READ}'"),
    "ck_api_keys_rate_limit_in_range": ("rate_limit_per_minute = 0", "rate_limit_per_minute = 1000001"),
    "ck_api_keys_secret_hash_length": ("secret_hash = 'short'",),
    "ck_api_keys_former_secret_hash_length": ("former_secret_hash = 'short', former_secret_expires_at = now()",),
    "ck_api_keys_former_secret_expires": (
        "former_secret_hash = secret_hash",
        "former_secret_expires_at = now()",
    ),
    "ck_deletions_subject_ids_some": ("subject_ids = '{}'",),
    "ck_organization_settings_timezone_form": ("timezone = ''", "timezone = 'a b'", "timezone = repeat('a', 65)"),
    "ck_organization_settings_week_start_known": ("week_start = 'monday'",),
    "ck_organization_settings_default_task_priority_known": ("default_task_priority = 'ASAP'",),
    "ck_organization_settings_version_positive": ("version = 0",),
    "ck_organization_settings_retention_days_range": ("retention_days = 0", "retention_days = 3651"),
    "ck_organization_settings_locked_known": ("locked = ARRAY['COLOR']", "locked = ARRAY[NULL]::text[]"),
    "ck_team_settings_timezone_form": ("timezone = ''", "timezone = 'a b'", "timezone = repeat('a', 65)"),
    "ck_team_settings_week_start_known": ("week_start = 'monday'",),
    "ck_team_settings_default_task_priority_known": ("default_task_priority = 'ASAP'",),
    "ck_team_settings_version_positive": ("version = 0",),
    "ck_team_settings_retention_days_range": ("retention_days = 0", "retention_days = 3651"),
    "ck_team_settings_locked_known": ("locked = ARRAY['COLOR']", "locked = ARRAY[NULL]::text[]"),
    "ck_team_member_settings_timezone_form": ("timezone = ''", "timezone = 'a b'", "timezone = repeat('a', 65)"),
    "ck_team_member_settings_week_start_known": ("week_start = 'monday'",),
    "ck_team_member_settings_default_task_priority_known": ("default_task_priority = 'ASAP'",),
    "ck_team_member_settings_version_positive": ("version = 0",),
    "ck_organization_settings_search_mode_known": ("search_mode = 'LUCKY'",),
    "ck_idempotency_keys_key_length": ("key = ''", "key = repeat('a', 256)"),
    "ck_search_texts_kind_known": ("kind = 'TEAM'",),
    "ck_embedding_models_name_length": ("name = ''", "name = repeat('a', 201)"),
    "ck_embedding_models_dimension_indexable": ("dimension = 0", "dimension = 2001"),
    "ck_embedding_models_state_known": ("state = 'lost'",),
    "ck_embedding_models_floor_is_similarity": ("floor = -1.1", "floor = 1.1"),
    "ck_embedding_jobs_attempts_not_negative": ("attempts = -1",),
    "ck_search_words_documents_positive": ("documents = 0",),
    "ck_search_word_totals_not_negative": ("texts = -1", "changed = -1"),
    "ck_former_task_keys_key_form": (
        "key = 'eng-1'",
        "key = 'ENG'",
        "key = 'ENG-'",
        "key = 'ENG-12345678901'",
        "key = '_ENG-1'",
    ),
}


@pytest.fixture(scope="module")
async def tenants(superuser: "asyncpg.Connection[Any]") -> tuple[Tenant, Tenant]:
    return await make_full_tenant(superuser), await make_full_tenant(superuser)


@pytest.mark.parametrize(("table", "link"), LINKS, ids=lambda one: getattr(one, "name", None))
async def test_no_row_can_point_into_another_organization(
    table: Table, link: ForeignKeyConstraint, tenants: tuple[Tenant, Tenant], superuser: "asyncpg.Connection[Any]"
) -> None:
    """Not even a superuser's."""
    mine, theirs = tenants
    pairs = [(element.parent.name, element.column.name) for element in link.elements]
    assert pairs[0] == ("organization_id", "organization_id")
    values = await superuser.fetchrow(f"SELECT * FROM {link.referred_table} WHERE organization_id = $1", theirs.id)
    assert values is not None
    # A generated column of a key follows the subject.
    columns = ["subject_id" if table.c[column].computed is not None else column for column, _ in pairs[1:]]
    changes = ", ".join(
        f"{column} = '{values[referred]}'" for column, (_, referred) in zip(columns, pairs[1:], strict=True)
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await superuser.execute(f"UPDATE {table} SET {changes} WHERE organization_id = $1", mine.id)


async def test_a_task_is_assigned_within_its_team(superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, teams=2)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await superuser.execute(
            "UPDATE tasks SET assignee_id = $1 WHERE id = $2", tenant.team_members[1], tenant.tasks[0]
        )


async def test_every_check_is_tried(superuser: "asyncpg.Connection[Any]") -> None:
    names = await superuser.fetchval(
        """SELECT array_agg(conname::text) FROM pg_constraint
           WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""
    )
    assert set(names) == set(VIOLATIONS)


@pytest.mark.parametrize(
    ("constraint", "change"), [(name, change) for name, changes in VIOLATIONS.items() for change in changes]
)
async def test_a_check_refuses(
    constraint: str, change: str, tenants: tuple[Tenant, Tenant], superuser: "asyncpg.Connection[Any]"
) -> None:
    table = await superuser.fetchval(
        "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = $1", constraint
    )
    column, owner = "id", 1 if table == "embedding_models" else tenants[0].users[0]
    if table not in GLOBAL:
        found = SQLModel.metadata.tables[table]
        column, owner = owner_column(found), owner_of(found, tenants[0])
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await superuser.execute(f"UPDATE {table} SET {change} WHERE {column} = $1", owner)
    assert refused.value.constraint_name == constraint


async def test_a_deleted_name_can_be_used_again_but_no_living_one(
    superuser: "asyncpg.Connection[Any]",
) -> None:
    tenant = await make_tenant(superuser)
    copy = """INSERT INTO teams (organization_id, id, key, name, created_at, updated_at)
              SELECT organization_id, $2, key, name, now(), now() FROM teams WHERE organization_id = $1 LIMIT 1"""
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_teams_key"):
        await superuser.execute(copy, tenant.id, new_id())
    await superuser.execute("UPDATE teams SET deleted_at = now() WHERE organization_id = $1", tenant.id)
    assert await superuser.execute(copy, tenant.id, new_id()) == "INSERT 0 1"
