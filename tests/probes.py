"""What a stranger can try to find out about a tenant: every input with every thing of theirs, and every list."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from graphql import get_named_type

from app.db.columns import new_id
from app.operations import merged_fields
from tests.api import Api
from tests.connections import is_list
from tests.factories import Tenant, make_tenant
from tests.walk import Input, everything, ids_of, query_with_variable, variable

CURSORS = {"after", "before"}
TELLING = {"eq", "contains", "hasAny"}  # comparators; what the others ask is answered from the same rows


@dataclass(frozen=True)
class Victim:
    """A tenant whose every text is a secret, found nowhere else."""

    tenant: Tenant
    secret: str
    texts: tuple[str, ...]

    @property
    def ids(self) -> list[str]:
        return list(ids_of(self.tenant).values())

    def shown_in(self, answer: str) -> bool:
        """Whether anything of the tenant's is in the answer."""
        return self.secret in answer or any(one in answer for one in self.ids)


async def make_victim(superuser: "asyncpg.Connection[Any]") -> Victim:
    """A tenant with a secret in each text, and a task that had the key OLD-7 before."""
    tenant = await make_tenant(superuser, members=2, teams=2, tasks=2, documents=2)
    secret = f"secret{new_id().hex}"
    for statement in (
        "UPDATE organizations SET name = $2::text, slug = $2 WHERE id = $1",
        "UPDATE teams SET name = $2::text || ' ' || key, description = $2 WHERE organization_id = $1",
        "UPDATE tasks SET title = $2::text || ' ' || number, description = $2 WHERE organization_id = $1",
        "UPDATE tasks SET tags = ARRAY[$2] WHERE organization_id = $1",
        "UPDATE documents SET title = $2::text || ' document', source = $2 WHERE organization_id = $1",
        "UPDATE invitations SET email = $2 || '@' || id || '.example.com', message = $2 WHERE organization_id = $1",
        "UPDATE document_texts SET text = $2 WHERE organization_id = $1",
        "UPDATE document_chunks SET text = $2, section = $2 WHERE organization_id = $1",
    ):
        await superuser.execute(statement, tenant.id, secret)
    await superuser.execute(
        # Their provider, which is the test's token, says nothing newer.
        "UPDATE users SET name = $2::text, email = 'e' || $2 || '@' || id || '.example.com',"
        " claims_issued_at = now() + interval '1 day' WHERE id = ANY($1)",
        tenant.users,
        secret,
    )
    await superuser.execute(
        "INSERT INTO former_task_keys (organization_id, key, task_id, created_at) VALUES ($1, 'OLD-7', $2, now())",
        tenant.id,
        tenant.tasks[0],
    )
    texts = (secret, f"{secret} T1", f"{secret} 1", f"{secret} document", f"e{secret}@{tenant.users[0]}.example.com")
    return Victim(tenant, secret, texts)


async def differences(api: Api, who: str, own: Tenant, victim: Victim, tried: Iterable[Input]) -> list[str]:
    """The questions whose answer for a thing of the victim's is not, word for word, that for what never existed."""
    found = []
    for one, real, absent in _pairs(tried, victim):
        there = await _answer(api, who, one, real, ids_of(own))
        nowhere = await _answer(api, who, one, absent, ids_of(own))
        if there.replace(real, "…") != nowhere.replace(absent, "…") or victim.shown_in(there.replace(real, "…")):
            found.append(f"{one}: {real}: {there}")
    return found


def _pairs(tried: Iterable[Input], victim: Victim) -> Iterator[tuple[Input, str, str]]:
    """Each input with each thing of the victim's, and beside it one of the same form that is nobody's."""
    for one in tried:
        if one.argument == "filter" and one.path[-1] not in TELLING:
            continue
        if one.leaf.name == "ID":
            for real in victim.ids:
                yield one, real, str(new_id())
        elif one.leaf.name == "String" and one.argument not in CURSORS:
            for real in victim.texts:
                yield one, real, real.replace(victim.secret, f"absent{new_id().hex}")


async def _answer(api: Api, who: str, tried: Input, value: str, ids: dict[str, str]) -> str:
    kind = get_named_type(tried.definition.type)
    document = query_with_variable(tried, ids, "{ totalCount }" if is_list(kind) else everything(1, kind))
    return _taken(await api.send(document, who=who, value=variable(tried, value)))


async def shown(api: Api, who: str) -> str:
    """All that the viewer's own lists lead to, four objects deep: with all nouns far more than anybody may ask for."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(merged_fields, "MOST_STEPS", 10**6)
        return _taken(await api.send(everything(4), who=who))


def _taken(response: httpx.Response) -> str:
    """The answer to a question that was understood: one that was not would hide everything from anybody."""
    assert response.status_code == 200, response.text
    assert "GRAPHQL_VALIDATION_FAILED" not in response.text, response.text
    assert "LIMIT_EXCEEDED" not in response.text, response.text
    return response.text
