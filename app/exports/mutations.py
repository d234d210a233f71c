"""Asking for exports."""

from typing import Annotated

import strawberry

from app.auth.guards import require, require_row
from app.exports.policies import can_export
from app.exports.request import request_export
from app.exports.types import Export
from app.graph.context import Info
from app.graph.ids import parse_id
from app.organizations.loaders import ORGANIZATIONS
from app.writing.mutation import UserError, mutation, object_of
from app.writing.rows import rows_for_update


@strawberry.type(description="An export that was asked for.")
class ExportPayload:
    export: Export | None = strawberry.field(
        default=None, description="The export; ask for it by `node` or `Organization.export` until it is COMPLETED."
    )
    url: str | None = strawberry.field(
        default=None,
        description="Where the file is once the export is COMPLETED, relative to the address of this endpoint. Whoever "
        "knows it can fetch the file. It is shown this once and never again: also the answer to a retry with the same "
        "`Idempotency-Key` has null here.",
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description="The mistakes in the input.")


@strawberry.type
class ExportMutations:
    @mutation(
        description="Has an organization written to a file, with its people's addresses, in the background. While that "
        "is under way, asking again answers the same export with another link to it. FORBIDDEN to those who are not "
        "the organization's owners.",
        scope=None,
    )
    async def export_organization(
        self,
        info: Info,
        organization_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The organization's id.")],
    ) -> ExportPayload:
        (row,) = await rows_for_update(info.context, ORGANIZATIONS, [parse_id(organization_id, "id")])
        organization = require_row(row, "organization")
        require(can_export(info.context.actor, organization))
        requested = await request_export(info.context, organization.id)
        return ExportPayload(export=object_of(requested.row), url=requested.url)
