"""Who may write documents."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.db.record import OfOrganization
from app.documents.rows import DocumentRow
from app.organizations.policies import administers
from app.tasks.policies import can_work


def can_write_own(actor: Actor, row: OfOrganization, _role: str | None = None) -> Verdict:
    """May the actor create, change, delete and restore documents that are the organization's own?

    `row` is the organization or one of these documents.
    """
    return administers(actor, row.organization_id) or "Only the organization's owners and admins write its documents."


def can_write_in(actor: Actor, row: OfOrganization, role: str | None) -> Verdict:
    """May the actor, who is `role` in the team, do so with the team's documents?"""
    return can_work(actor, row, role) if actor.may("WRITE_ALL") else "This API key lacks the scope WRITE_ALL."


def can_write(actor: Actor, document: DocumentRow, role: str | None) -> Verdict:
    """May the actor, who is `role` in the document's team if it has one, do so with this document?"""
    return can_write_own(actor, document) if document.team_id is None else can_write_in(actor, document, role)
