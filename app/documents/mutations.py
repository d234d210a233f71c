"""Making, changing, deleting and restoring documents."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from app.auth.guards import require
from app.documents.check import columns_given
from app.documents.inputs import CreateDocumentInput, UpdateDocumentInput
from app.documents.loaders import DOCUMENTS
from app.documents.models import DocumentStatus
from app.documents.policies import can_write, can_write_in, can_write_own
from app.documents.rows import DocumentRow
from app.documents.types import Document
from app.documents.write import change, create, process_again
from app.graph.context import Context, Info
from app.graph.ids import parse_id
from app.graph.select import Key
from app.organizations.loaders import ORGANIZATIONS
from app.team_members.loaders import actor_roles_by_team
from app.team_members.lock import row_to_delete, row_with_role
from app.teams.loaders import TEAMS
from app.trash.delete import delete_rows
from app.trash.restore import restore_rows
from app.trash.types import DeletePayload
from app.writing.inputs import Checks
from app.writing.mutation import Payload, UserErrorCode, mutation
from app.writing.parents import parent_for_update
from app.writing.rows import ExpectedVersion, require_version, rows_for_update

DocumentId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The id of the document.")]

WRITERS_ONLY = (
    " FORBIDDEN to those who neither work in its team nor administer the organization, and for a document of the "
    "organization itself to all but the latter."
)


@strawberry.type
class DocumentMutations:
    @mutation(
        description="Makes a document of a team, or of the organization itself. It is cut into chunks, and so can be "
        "searched, in the background: `status` says how far that is." + WRITERS_ONLY
    )
    async def create_document(
        self,
        info: Info,
        given: Annotated[CreateDocumentInput, strawberry.argument(name="input", description="What it will be.")],
    ) -> Payload[Document]:
        checks = Checks("input")
        parent = await _parent(info.context, given, checks)
        columns = columns_given(given, checks)
        checks.done()
        return Payload.of(await create(info.context, parent, columns, given.text))

    @mutation(
        description="Changes a document. Where nothing is different, nothing happens and its version stays. Another "
        "title, kind or text has it cut into chunks anew; search finds it as it was until that is done." + WRITERS_ONLY
    )
    async def update_document(
        self,
        info: Info,
        document_id: DocumentId,
        given: Annotated[
            UpdateDocumentInput, strawberry.argument(name="input", description="What is to be different.")
        ],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[Document]:
        checks = Checks("input")
        row = await _written(info.context, document_id)
        require_version(row, expected_version, shown=row)
        columns = columns_given(given, checks)
        checks.done()
        return Payload.of(await change(info.context, row, columns, given.text or ""))

    @mutation(
        description="Has a document that FAILED cut into chunks once more, with as many attempts as the first time. "
        "Any other stays as it is." + WRITERS_ONLY
    )
    async def retry_document(self, info: Info, document_id: DocumentId) -> Payload[Document]:
        row = await _written(info.context, document_id)
        if row.status == DocumentStatus.FAILED.name:
            row = await process_again(info.context, row)
        return Payload.of(row)

    @mutation(description="Deletes a document. It can be restored until its deletion is purged." + WRITERS_ONLY)
    async def delete_document(self, info: Info, document_id: DocumentId) -> DeletePayload:
        row, role = await row_to_delete(info.context, DOCUMENTS, document_id, "document")
        require(can_write(info.context.actor, row, role))
        return DeletePayload.of(await delete_rows(info.context, DOCUMENTS, [row]), [row])

    @mutation(
        description="Restores a deleted document. PARENT_DELETED while what it belongs to is deleted." + WRITERS_ONLY
    )
    async def restore_document(self, info: Info, document_id: DocumentId) -> Payload[Document]:
        row = await _written(info.context, document_id, deleted=True)
        await restore_rows(info.context, DOCUMENTS, [row])
        (restored,) = await rows_for_update(info.context, DOCUMENTS, [row.id], *DOCUMENTS.long)
        return Payload.of(restored)


async def _parent(context: Context, given: CreateDocumentInput, checks: Checks) -> dict[str, object]:
    """The columns by which a new document is under what it will belong to, whose row is locked; raises Forbidden."""
    organization_id = parse_id(given.organization_id, "input.organizationId")
    if given.team_id is None or given.team_id is UNSET:
        row = await parent_for_update(
            context, ORGANIZATIONS, given.organization_id, "organization", checks, "organizationId"
        )
        if row is not None:
            require(can_write_own(context.actor, row))
        return {"organization_id": organization_id, "team_id": None}
    team = await parent_for_update(context, TEAMS, given.team_id, "team", checks, "teamId")
    if organization_id not in context.organization_ids:
        checks.wrong(UserErrorCode.NOT_FOUND, "There is no such organization.", "organizationId")
    elif team is not None and team.organization_id != organization_id:
        checks.wrong(UserErrorCode.NOT_FOUND, "There is no such team in the organization.", "teamId")
    elif team is not None:
        role = await context.load(actor_roles_by_team, Key(organization_id, team.id))
        require(can_write_in(context.actor, team, role))
    return {"organization_id": organization_id, "team_id": parse_id(given.team_id, "input.teamId")}


async def _written(context: Context, document_id: str, *, deleted: bool = False) -> DocumentRow:
    """The locked row of a document, live or `deleted`, that the actor may write; raises NotFound and Forbidden."""
    given = context, DOCUMENTS, document_id, "document"
    row, role = await row_with_role(*given, *DOCUMENTS.long, deleted=deleted)
    require(can_write(context.actor, row, role))
    return row
