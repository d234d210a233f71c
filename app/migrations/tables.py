"""All tables of the domains: importing their models declares them."""

from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData
from sqlmodel import SQLModel

APP = Path(__file__).parents[1]


def all_tables() -> MetaData:
    """The tables of every folder that has a models.py; a new one needs no mention anywhere."""
    for path in sorted(APP.glob("*/models.py")):
        import_module(f"app.{path.parent.name}.models")
    return SQLModel.metadata
