"""`trellis doctor`: whether everything is as it should be, and what to do where it is not."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import typer
from alembic.script import ScriptDirectory

from app.chunking.health import Failures, failures
from app.config import DATA_DIRECTORY, Settings
from app.db.columns import now
from app.db.engine import Connection, Database, DatabaseUnavailable
from app.db.runtime_role import RoleNotHeld, held_role
from app.doctor.finding import Finding
from app.doctor.identity_provider import of_identity_provider
from app.doctor.locale import of_locale
from app.embedders.embedder import EmbedderUnavailable, TextRefused, load_embedder
from app.indexing.health import LATE, Health, examine
from app.migrations.fingerprint import differences, expected, things
from app.migrations.migrate import alembic_config
from app.search.embedding_models import Model
from app.search.models import ModelState
from app.terminal.database import reach_database, unreachable
from app.terminal.environment import misspelt, read_settings
from app.terminal.options import DataOption
from app.terminal.say import say

OLDEST_POSTGRES = 16

VERSION = (
    "SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_version') AS said"
)
EXTENSIONS = "SELECT extname, extversion FROM pg_extension WHERE extname IN ('vector', 'pg_trgm') ORDER BY extname DESC"
REVISION = "SELECT version_num FROM alembic_version"


def doctor(data: DataOption = DATA_DIRECTORY) -> None:
    """Look at the database, its tables, the identity provider, the embedding models and the queue. Exits with 1 where
    something is wrong."""
    with reach_database(data) as url:
        settings = read_settings(database_url=url)
        findings = [Finding(well=False, text=text) for text in misspelt()]
        findings += asyncio.run(_findings(settings))
        findings += asyncio.run(of_identity_provider(settings))
    for finding in findings:
        say(f"{'ok   ' if finding.well else 'WRONG'} {finding.text}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


async def _findings(settings: Settings) -> list[Finding]:
    database = Database.open(settings)
    try:
        findings = [finding async for finding in _of_database(database)]
        if findings[-1].well:
            health = await examine(database)
            findings += [
                *_of_queue(health),
                *_of_documents(await failures(database)),
                *[await _of_model(model, settings) for model in health.models],
            ]
            findings += _of_choice(health, settings)
        return findings
    except DatabaseUnavailable as error:
        return [Finding(well=False, text=unreachable(error))]
    finally:
        await database.close()


async def _of_database(database: Database) -> AsyncIterator[Finding]:
    """The last is whether the tables are there, without which there is nothing more to look at."""
    async with database.lent() as connection:
        (version,) = await connection.fetch(VERSION)
        yield Finding(version["major"] >= OLDEST_POSTGRES, f"PostgreSQL {version['said']}; 16 and later will do")
        for extension in await connection.fetch(EXTENSIONS):
            yield Finding(well=True, text=f"The extension {extension['extname']} {extension['extversion']}")
        for finding in await of_locale(connection):
            yield finding
        yield await _of_role(connection)
        head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
        try:
            revision = await connection.fetchval(REVISION)
        except asyncpg.UndefinedTableError:
            revision = None
        if revision == head:
            for finding in _of_tables(differences(await things(connection), expected())):
                yield finding
        found = f"The tables are those of {revision}" if revision else "There are no tables"
        yield Finding(revision == head, found if revision == head else f"{found}: run `trellis migrate`")


def _of_tables(different: list[str]) -> Iterator[Finding]:
    if different:
        text = (
            f"{len(different):,} things are not as `trellis migrate` made them: undo what was changed by hand, or"
            " restore a backup from before it"
        )
        yield Finding(well=False, text=text)
    for text in different:
        yield Finding(well=False, text=f"  {text}")


async def _of_role(connection: Connection) -> Finding:
    try:
        return Finding(well=True, text=f"The role {await held_role(connection)} is held by row-level security")
    except RoleNotHeld as refusal:
        return Finding(well=False, text=str(refusal))


def _of_queue(health: Health) -> Iterator[Finding]:
    late = health.oldest is not None and health.oldest < now() - LATE
    waiting = f"{health.waiting:,} texts wait to be embedded"
    since = f", some since {health.oldest:%Y-%m-%d %H:%M} UTC: is a server running?" if late else ""
    failing = f"; {health.failing:,} have failed so far, as with: {health.error}" if health.failing else ""
    yield Finding(not late, waiting + since + failing)
    if health.amount_parked:
        yield Finding(well=False, text=f"{health.amount_parked:,} texts failed; `trellis embed` tries them again:")
    for row in health.parked:
        text = f"  {row.kind.lower()} {row.subject_id} of organization {row.organization_id}: {row.error}"
        yield Finding(well=False, text=text)


def _of_documents(failures: Failures) -> Iterator[Finding]:
    if failures.amount:
        text = f"{failures.amount:,} documents could not be cut; `retryDocument` tries one again:"
        yield Finding(well=False, text=text)
    for row in failures.newest:
        text = f"  document {row.id} of organization {row.organization_id}: {row.processing_error}"
        yield Finding(well=False, text=text)


async def _of_model(model: Model, settings: Settings) -> Finding:
    """Loads it and asks it something."""
    text = f"The model {model.name} is {model.state.value}"
    try:
        embedder = await asyncio.to_thread(load_embedder, model.name, model.dimension, settings)
        try:
            await embedder.embed(["a text"])
        finally:
            await embedder.close()
    except (EmbedderUnavailable, TextRefused) as error:
        return Finding(well=False, text=f"{text} and does not work here: {error}")
    return Finding(well=True, text=f"{text} and works")


def _of_choice(health: Health, settings: Settings) -> Iterator[Finding]:
    active = next((model.name for model in health.models if model.state is ModelState.ACTIVE), "no model")
    if active != settings.embedder:
        text = f"TRELLIS_EMBEDDER says {settings.embedder}, and searches read {active}: run `trellis embed --switch`"
        yield Finding(well=False, text=text)
