"""What `trellis doctor` says of a database's locale: how texts are sorted, and whether search can fold their case."""

from app.db.engine import Connection
from app.doctor.finding import Finding

# Its columns differ between versions of PostgreSQL, so that they are taken by name where they are there.
LOCALE = """
SELECT CASE datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'ICU' ELSE 'PostgreSQL' END AS provider,
       coalesce(to_jsonb(pg_database) ->> 'datlocale', to_jsonb(pg_database) ->> 'daticulocale') AS locale,
       datcollate, datctype, lower('É') = 'é' AS folds, lower('I') = 'i' AS folds_latin
FROM pg_database WHERE datname = current_database()
"""
OTHERWISE = (
    "make a database with LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' (PostgreSQL 17 and later) or LOCALE "
    "'C.UTF-8' and restore a backup into it"
)


async def of_locale(connection: Connection) -> list[Finding]:
    """How texts are sorted, and where words that differ in case are two for search, that too."""
    (row,) = await connection.fetch(LOCALE)
    sorts = row["locale"] or row["datcollate"]
    found = [Finding(well=True, text=f"Texts are sorted as in {sorts}, by {row['provider']}")]
    letters = row["locale"] or row["datctype"]
    if not row["folds"]:
        text = f"The locale {letters} folds the case of A to Z alone: to search, ÉCLAIR is not éclair; {OTHERWISE}"
        found.append(Finding(well=False, text=text))
    elif not row["folds_latin"]:
        text = f"The locale {letters} folds I to another letter than i: to search, INDEX is not index; {OTHERWISE}"
        found.append(Finding(well=False, text=text))
    return found
