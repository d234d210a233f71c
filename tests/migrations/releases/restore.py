"""Databases as earlier checkouts made them, from the dumps beside this file, and the dumps of databases."""

import lzma
import re
from pathlib import Path

from app.postgres import programs

HERE = Path(__file__).parent
RELEASES = sorted(path.name.removesuffix(".sql.xz") for path in HERE.glob("*.sql.xz"))


def restore(release: str, superuser_url: str) -> None:
    """Fills an empty database with what the release's had."""
    script = lzma.decompress((HERE / f"{release}.sql.xz").read_bytes()).decode()
    script = script.replace("SET transaction_timeout = 0;", "")  # which PostgreSQL 16 does not know
    programs.run("psql", "-Xqd", superuser_url, "-vON_ERROR_STOP=1", typed=script)


def dump(url: str, *options: str) -> str:
    """What pg_dump says of a database."""
    finished = programs.attempt("pg_dump", "--restrict-key=x", *options, url)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def schema(url: str) -> str:
    """What `pg_dump --schema-only` says, but for the order of a table's columns and the casts of texts, which change as
    checks are restored from a dump."""
    text = re.sub(r"::(text|character varying)(\[\])?", "", dump(url, "--schema-only"))
    text = re.sub(r"\(\((ARRAY\[[^]]*\])\)\)", r"(\1)", re.sub(r"\(('[^']*')\)", r"\1", text))
    return re.sub(r"(?<=^CREATE TABLE )(\S+) \((.*?)^\)", _in_order, text, flags=re.DOTALL | re.MULTILINE)


def _in_order(table: re.Match[str]) -> str:
    return "\n".join([f"{table[1]} (", *sorted(line.rstrip(",") for line in table[2].splitlines()), ")"])
