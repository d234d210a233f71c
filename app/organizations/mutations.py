"""Making, changing, deleting and restoring organizations."""

import re
from typing import Annotated

import strawberry
from strawberry import UNSET

from app.auth.guards import require, require_row
from app.events.change import change
from app.graph.context import Context, Info
from app.graph.ids import parse_id
from app.organizations.create import create_organization
from app.organizations.loaders import ORGANIZATIONS
from app.organizations.models import LONGEST_NAME
from app.organizations.policies import can_delete, can_update
from app.organizations.rows import OrganizationRow
from app.organizations.types import Organization
from app.trash.delete import delete_rows
from app.trash.restore import restore_rows
from app.trash.types import DeletePayload
from app.writing.inputs import Checks
from app.writing.mutation import Payload, UserError, UserErrorCode, mutation
from app.writing.rows import ExpectedVersion, require_version, rows_for_update, rows_to_delete

SLUG = re.compile(r"[a-z0-9-]{2,50}", re.ASCII)
SLUG_HINT = "2 to 50 of the characters a-z, 0-9 and `-` are allowed."
SLUG_TAKEN = UserError(
    code=UserErrorCode.TAKEN, message="Another organization has this slug: choose another.", path=["input", "slug"]
)
VIOLATIONS = {"uq_organizations_slug": SLUG_TAKEN}

OrganizationId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The organization's id.")]


@strawberry.input(description="An organization to be made.")
class CreateOrganizationInput:
    name: str = strawberry.field(description="1 to 100 characters, white space around it not counted.")
    slug: str = strawberry.field(
        description="Its name in addresses, unique among all organizations: 2 to 50 of a-z, 0-9 and `-`."
    )


@strawberry.input(description="Changes of an organization: what is left out stays as it is.")
class UpdateOrganizationInput:
    name: str | None = strawberry.field(
        default=UNSET, description="1 to 100 characters, white space around it not counted; cannot be cleared."
    )
    slug: str | None = strawberry.field(
        default=UNSET, description="Unique among all organizations: 2 to 50 of a-z, 0-9 and `-`; cannot be cleared."
    )


@strawberry.type
class OrganizationMutations:
    @mutation(
        description="Makes an organization; whoever does is its first owner. LIMIT_EXCEEDED for those who own as many "
        "as the server allows, 10 where it does not say otherwise, those in the trash included.",
        scope=None,
        violations=VIOLATIONS,
    )
    async def create_organization(
        self,
        info: Info,
        given: Annotated[CreateOrganizationInput, strawberry.argument(name="input", description="What it will be.")],
    ) -> Payload[Organization]:
        return Payload.of(await create_organization(info.context, _values(given)))

    @mutation(
        description="Changes an organization. FORBIDDEN to those who are neither its owners nor its admins. Where "
        "nothing is different, nothing happens and its version stays.",
        scope="ADMIN",
        violations=VIOLATIONS,
    )
    async def update_organization(
        self,
        info: Info,
        organization_id: OrganizationId,
        given: Annotated[
            UpdateOrganizationInput, strawberry.argument(name="input", description="What is to be different.")
        ],
        expected_version: ExpectedVersion = UNSET,
    ) -> Payload[Organization]:
        row = await _locked(info.context, organization_id)
        require(can_update(info.context.actor, row))
        require_version(row, expected_version, shown=row)
        return Payload.of(await change(info.context, ORGANIZATIONS, row, _values(given)))

    @mutation(
        description="Deletes an organization with its teams and tasks. Its members stay: they still see it in lists "
        "with `deleted`, and its owners can restore it. FORBIDDEN to those who are not its owners.",
        scope=None,
    )
    async def delete_organization(self, info: Info, organization_id: OrganizationId) -> DeletePayload:
        (found,) = await rows_to_delete(info.context, ORGANIZATIONS, [parse_id(organization_id, "id")])
        row = require_row(found, "organization")
        require(can_delete(info.context.actor, row))
        return DeletePayload.of(await delete_rows(info.context, ORGANIZATIONS, [row]), [row])

    @mutation(
        description="Restores a deleted organization and what was deleted along with it. TAKEN where another one has "
        "its slug by now. FORBIDDEN to those who are not its owners.",
        scope=None,
    )
    async def restore_organization(self, info: Info, organization_id: OrganizationId) -> Payload[Organization]:
        row = await _locked(info.context, organization_id, deleted=True)
        require(can_delete(info.context.actor, row))
        await restore_rows(info.context, ORGANIZATIONS, [row])
        (restored,) = await rows_for_update(info.context, ORGANIZATIONS, [row.id])
        return Payload.of(restored)


async def _locked(context: Context, organization_id: str, *, deleted: bool = False) -> OrganizationRow:
    """The locked row of an organization, live or `deleted`; raises NotFound."""
    (row,) = await rows_for_update(context, ORGANIZATIONS, [parse_id(organization_id, "id")], deleted=deleted)
    return require_row(row, "deleted organization" if deleted else "organization")


def _values(given: CreateOrganizationInput | UpdateOrganizationInput) -> dict[str, str]:
    """The columns that the input says something about; raises Rejected with all that is wrong."""
    checks = Checks("input")
    values = {}
    if checks.required(given.name, "name"):
        values["name"] = checks.name(given.name, "name", longest=LONGEST_NAME)
    if checks.required(given.slug, "slug"):
        values["slug"] = checks.form(given.slug, "slug", pattern=SLUG, hint=SLUG_HINT)
    checks.done()
    return values
