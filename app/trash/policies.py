"""Who may remove for good what is in the trash; who may restore it is said by each noun's own policy."""

from app.auth.actor import Actor
from app.auth.guards import Verdict
from app.organizations.models import Organization
from app.organizations.policies import administers, owns
from app.trash.rows import DeletionRow


def can_purge(actor: Actor, deletion: DeletionRow, _role: str | None = None) -> Verdict:
    """May the actor purge the deletion before its time?"""
    if deletion.subject_type == Organization.__name__:
        return owns(actor, deletion.organization_id) or "Only the organization's owners purge it."
    return administers(actor, deletion.organization_id) or "Only the organization's owners and admins purge its trash."
