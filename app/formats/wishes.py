"""What a person says of a file's columns and words, by options or in a file that they keep."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.formats.format import COLUMNS, MORE, Format, plain
from app.formats.words import form
from app.refusal import Refusal
from app.tasks.models import TaskPriority, TaskStatus
from app.tools.known import FORMATS

TARGETS = (*COLUMNS, *MORE)
EXAMPLES = {
    "--map": "--map Labels=tags",
    "--status": '--status "In QA=IN_REVIEW"',
    "--priority": "--priority P1=URGENT",
}


class WishRefused(Refusal):
    """An option, or a line of the mapping file, that says nothing that can be done."""


@dataclass(frozen=True)
class Wishes:
    """`columns` are fields by the plain names of columns, "" for one to be left aside; words are by their forms."""

    format: Format | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)


class _Kept(BaseModel):
    """A mapping file."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = None
    map: dict[str, str] = {}
    status: dict[str, str] = {}
    priority: dict[str, str] = {}


def wishes(
    kept: Path | None,
    *,
    format_name: str | None,
    columns: Iterable[str],
    statuses: Iterable[str],
    priorities: Iterable[str],
) -> Wishes:
    """What the options say (`Labels=tags`), and of the rest what the file does. Raises WishRefused."""
    file = _read(kept) if kept else _Kept()
    mapped = file.map | _pairs("--map", [pair for option in columns for pair in option.split(",")])
    return Wishes(
        _format(format_name or file.format),
        {plain(column): _target(column, name.strip()) for column, name in mapped.items()},
        _words("--status", file.status | _pairs("--status", statuses), [one.name for one in TaskStatus]),
        _words("--priority", file.priority | _pairs("--priority", priorities), [one.name for one in TaskPriority]),
    )


def _read(path: Path) -> _Kept:
    try:
        return _Kept.model_validate(tomllib.loads(path.read_text("utf-8-sig")), strict=True)
    except OSError as error:
        raise WishRefused(f"{path} cannot be read ({error.strerror}): check its name and its permissions") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WishRefused(f"{path} is no TOML ({error}): docs/importing.md shows a mapping file") from error
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise WishRefused(f"{path}: {place}: {problem['msg']}; docs/importing.md shows a mapping file") from error


def _pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip():
            raise WishRefused(f"{option} {text!r} is no pair: write it as in {EXAMPLES[option]}")
        pairs[name.strip()] = value
    return pairs


def _target(column: str, name: str) -> str:
    target = plain(name).replace(" ", "_")
    if target and target not in TARGETS:
        raise WishRefused(f"--map {column}={name}: a column can be {', '.join(TARGETS)}, or nothing to be left aside")
    return target


def _words(option: str, words: Mapping[str, str], meanings: list[str]) -> dict[str, str]:
    by_form = {form(meaning): meaning for meaning in meanings}
    for word, meaning in words.items():
        if form(meaning) not in by_form:
            raise WishRefused(f"{option} {word}={meaning}: a word can mean {', '.join(meanings)}")
    return {form(word): by_form[form(meaning)] for word, meaning in words.items()}


def _format(name: str | None) -> Format | None:
    if name is not None and name not in FORMATS:
        raise WishRefused(f"--format {name} is not known: it can be {', '.join(FORMATS)}")
    return FORMATS[name] if name else None
