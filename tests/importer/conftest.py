"""Somebody who imports."""

from typing import Any

import asyncpg
import pytest

from tests.conftest import Database
from tests.importer.importing import Importer


@pytest.fixture
def importer(database: Database, superuser: "asyncpg.Connection[Any]") -> Importer:
    return Importer(database.runtime_url, superuser)
