"""What search reads of tasks: it changes in the transaction that changes them, and only where the text does."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import Tenant, make_tenant

TEXTS = (
    "SELECT subject_id, content::text, content_hash FROM search_texts WHERE organization_id = $1 ORDER BY subject_id"
)
HASH = "SELECT sha256(convert_to($1, 'UTF8'))"
CREATE = "mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } userErrors { code } } }"
TASK = "{ task { id } userErrors { code } }"


async def texts(superuser: "asyncpg.Connection[Any]", tenant: Tenant) -> dict[str, tuple[str, bytes]]:
    return {
        str(row["subject_id"]): (row["content"], row["content_hash"]) for row in await superuser.fetch(TEXTS, tenant.id)
    }


async def create(api: Api, tenant: Tenant, **given: str) -> str:
    data = await api.data(CREATE, who=tenant.owner, input={"teamId": str(tenant.teams[0]), **given})
    task_id: str = data["createTask"]["task"]["id"]
    return task_id


async def test_a_new_task_is_found_by_its_words(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)

    task = await create(api, tenant, title="Login fails", description="On Safari, logins time out.")

    content = "'fail':2A 'login':1A,5B 'safari':4B 'time':6B"
    assert await texts(superuser, tenant) == {
        task: (content, await superuser.fetchval(HASH, "Login fails\nOn Safari, logins time out."))
    }


async def test_a_change_of_the_text_replaces_it_and_any_other_does_not(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, tasks=0)
    task = await create(api, tenant, title="Login fails", description="On Safari")
    stamp = "SELECT xmin::text FROM search_texts WHERE organization_id = $1"
    before = await superuser.fetchval(stamp, tenant.id)

    for other in ('status: DONE, dueDate: "2030-01-01"', 'title: "Login fails"', 'addTags: ["web"]'):
        await api.data(f'mutation {{ updateTask(id: "{task}", input: {{{other}}}) {TASK} }}', who=tenant.owner)
    assert await superuser.fetchval(stamp, tenant.id) == before
    await api.data(f'mutation {{ updateTask(id: "{task}", input: {{description: null}}) {TASK} }}', who=tenant.owner)

    assert await texts(superuser, tenant) == {
        task: ("'fail':2A 'login':1A", await superuser.fetchval(HASH, "Login fails\n"))
    }


async def test_deleting_and_restoring_write_nothing_here(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    task = await create(api, tenant, title="Login fails")
    stamp = "SELECT xmin::text FROM search_texts WHERE organization_id = $1"
    before = await superuser.fetchval(stamp, tenant.id)

    await api.data(f'mutation {{ deleteTask(id: "{task}") {{ deletedIds }} }}', who=tenant.owner)
    await api.data(f'mutation {{ restoreTask(id: "{task}") {TASK} }}', who=tenant.owner)

    assert await superuser.fetchval(stamp, tenant.id) == before


async def test_a_field_that_is_undone_leaves_no_text(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    team = tenant.teams[0]
    body = await api.data(
        f"""mutation {{
          good: createTask(input: {{teamId: "{team}", title: "Kept"}}) {TASK}
          bad: createTasks(inputs: [{{teamId: "{team}", title: "Undone"}}, {{teamId: "{team}", title: " "}}])
            {{ userErrors {{ code }} }}
        }}""",
        who=tenant.owner,
    )

    assert body["bad"]["userErrors"] == [{"code": "BLANK"}]
    assert [content for content, _ in (await texts(superuser, tenant)).values()] == ["'kept':1A"]


async def test_what_somebody_wrote_before_they_left_is_found(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2, tasks=0)
    document = f"""mutation {{
        createTask(input: {{teamId: "{tenant.teams[0]}", title: "Farewell"}}) {TASK}
        removeOrganizationMember(id: "{tenant.members[1]}") {{ userErrors {{ code }} }}
    }}"""

    data = await api.data(document, who=tenant.owner.replace("person1", "person2"))

    assert data["removeOrganizationMember"] == {"userErrors": []}
    assert [content for content, _ in (await texts(superuser, tenant)).values()] == ["'farewel':1A"]


async def test_the_longest_text_fits(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=0)
    words = " ".join(f"w{number}" for number in range(20_000))[:65_536].strip()

    task = await create(api, tenant, title="Long", description=words)

    assert (await texts(superuser, tenant))[task][0].count(":") == len(set(words.split())) + 1
