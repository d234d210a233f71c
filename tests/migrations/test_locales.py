"""One address is one person's, whatever the locale of the database makes of its letters."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.auth.email import InvalidEmail, email_key, parse_email
from app.db.columns import new_id
from app.migrations.migrate import migrate
from app.postgres.server import Addresses
from tests.factories import make_tenant
from tests.migrations.test_migrate import in_thread
from tests.test_spelling import DIFFERENT, SAME

LOCALES = {
    "c": "LOCALE_PROVIDER libc LOCALE 'C'",
    "c_utf8": "LOCALE_PROVIDER libc LOCALE 'C.UTF-8'",
    "en_us": "LOCALE_PROVIDER libc LOCALE 'en_US.UTF-8'",
    "tr_tr": "LOCALE_PROVIDER libc LOCALE 'tr_TR.UTF-8'",
    "builtin": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
    "unicode": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST' LOCALE 'C'",
}
NEW_WITH = {"builtin": 17, "unicode": 18}  # versions of PostgreSQL
VICTIM = "VIKIS@mix.example"
# What some locale or library takes for the same letters as the victim's.
THIEVES = [
    "V\u0130KIS@mix.example",
    "v\u0131kis@mix.example",
    "vi\u212ais@mix.example",
    "viki\u017f@mix.example",
    "\uff56ikis@mix.example",
    "viki\u0307s@mix.example",
    "vikis@m\u0130x.example",
    "vikis@m\u0131x.example",
    "vikis@\uff4dix.example",
]
SIGN_IN = "SELECT trellis_sign_in($1, $2, 'Somebody', true, now())"


@pytest.fixture(scope="module", params=LOCALES)
async def database(request: pytest.FixtureRequest, addresses: Addresses) -> "AsyncIterator[asyncpg.Connection[Any]]":
    name = f"locale_{request.param}_{new_id().hex}"  # other workers make theirs at the same time
    superuser = await asyncpg.connect(addresses.url("postgres", "postgres"))
    if superuser.get_server_version().major < NEW_WITH.get(request.param, 0):
        pytest.skip(f"PostgreSQL {NEW_WITH[request.param]} brought this locale")
    await superuser.execute(
        f"CREATE DATABASE {name} OWNER trellis_owner TEMPLATE template0 ENCODING 'UTF8' {LOCALES[request.param]}"
    )
    made = await asyncpg.connect(addresses.url("postgres", name))
    await made.execute("CREATE EXTENSION vector")
    await in_thread(partial(migrate, addresses.url("trellis_owner", name), addresses.url("trellis", name)))
    yield made
    await made.close()
    await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await superuser.close()


async def test_nobody_is_taken_for_somebody_else(database: "asyncpg.Connection[Any]") -> None:
    invited = await database.fetchval("SELECT trellis_invite($1, 'Vic')", VICTIM)

    taken: list[UUID] = []
    for number, thief in enumerate(THIEVES):
        for address in (thief, _parsed(thief)):
            if address is not None:
                taken.append(await database.fetchval("SELECT trellis_invite($1, 'Guest')", address))
                taken.append(await database.fetchval(SIGN_IN, f"thief {number} {address}", address))
    assert invited not in taken

    assert await database.fetchval(SIGN_IN, "the real one", email_key(VICTIM)) == invited
    with pytest.raises(asyncpg.PostgresError, match="another sign-in"):
        await database.fetchval(SIGN_IN, "another", VICTIM)


async def test_texts_are_the_same_in_every_locale(database: "asyncpg.Connection[Any]") -> None:
    compare = "SELECT trellis_folded($1) = trellis_folded($2)"

    assert [pair for pair in SAME if not await database.fetchval(compare, *pair)] == []
    assert [pair for pair in DIFFERENT if await database.fetchval(compare, *pair)] == []


async def test_nobody_gets_an_invitation_of_somebody_else(database: "asyncpg.Connection[Any]") -> None:
    await database.execute("DELETE FROM users")
    tenant = await make_tenant(database)
    await database.execute("UPDATE invitations SET email = $2 WHERE id = $1", tenant.invitations[0], VICTIM)
    for address in {one for thief in THIEVES for one in (thief, _parsed(thief)) if one}:
        user_id = await database.fetchval(SIGN_IN, f"invited {address}", address)
        assert await _found(database, user_id, tenant.invitations[0]) == (0, None)
    real = await database.fetchval(SIGN_IN, "invited", VICTIM.lower())
    assert await _found(database, real, tenant.invitations[0]) == (1, tenant.id)


async def _found(database: "asyncpg.Connection[Any]", user_id: UUID, invitation_id: UUID) -> tuple[int, UUID | None]:
    """How many invitations the person is shown, and where this one lets them in."""
    async with database.transaction():
        await database.fetchval("SELECT set_config('app.actor_id', $1, true)", str(user_id))
        shown = await database.fetch("SELECT * FROM trellis_received_invitations()")
        return len(shown), await database.fetchval("SELECT trellis_enter($1, NULL)", invitation_id)


async def test_the_database_folds_as_python_does(database: "asyncpg.Connection[Any]") -> None:
    letters = "".join(map(chr, (*range(1, 0xD800), *range(0xE000, 0x1F000))))
    assert await database.fetchval('SELECT lower($1::text COLLATE "C")', letters) == email_key(letters)


def _parsed(address: str) -> str | None:
    try:
        return parse_email(address)
    except InvalidEmail:
        return None
