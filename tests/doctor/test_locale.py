"""`trellis doctor` says how a database sorts texts, and where its locale cannot fold their case."""

import asyncpg
import pytest

from app.db.columns import new_id
from app.db.record import Record
from app.doctor.locale import OTHERWISE, of_locale
from app.postgres.server import Addresses

FOUND = {
    "LOCALE_PROVIDER libc LOCALE 'C'": [
        (True, "Texts are sorted as in C, by libc"),
        (False, f"The locale C folds the case of A to Z alone: to search, ÉCLAIR is not éclair; {OTHERWISE}"),
    ],
    "LOCALE_PROVIDER libc LOCALE 'en_US.UTF-8'": [(True, "Texts are sorted as in en_US.UTF-8, by libc")],
    "LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'en_US.UTF-8'": [(True, "Texts are sorted as in C, by libc")],
    "LOCALE_PROVIDER libc LOCALE 'tr_TR.UTF-8'": [
        (True, "Texts are sorted as in tr_TR.UTF-8, by libc"),
        (
            False,
            f"The locale tr_TR.UTF-8 folds I to another letter than i: to search, INDEX is not index; {OTHERWISE}",
        ),
    ],
}


@pytest.mark.parametrize("locale", FOUND)
async def test_what_a_locale_does_is_told(addresses: Addresses, locale: str) -> None:
    name = f"doctored_{new_id().hex}"
    superuser = await asyncpg.connect(addresses.url("postgres", "postgres"))
    await superuser.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")
    try:
        connection = await asyncpg.connect(addresses.url("postgres", name), record_class=Record)
        found = await of_locale(connection)
        await connection.close()
    finally:
        await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await superuser.close()

    assert [tuple(one) for one in found] == FOUND[locale]
