"""Manifests: files in which a client's build lists its documents, as Apollo's and Relay's tools write them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from app.refusal import Refusal

Text = Annotated[str, Field(min_length=1)]
Manifest = dict[Text, Text]  # id → text, which is also how Relay's compiler writes it


class Operation(BaseModel):
    id: Text
    body: Text


class ApolloManifest(BaseModel):
    """What Apollo's tools write; other keys, as the name and type of each operation, are for people."""

    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[Operation]


FORMATS: TypeAdapter[ApolloManifest | Manifest] = TypeAdapter(ApolloManifest | Manifest)


class UnusableManifest(Refusal):
    """A file of TRELLIS_MANIFESTS cannot be read, or is not what it should be."""

    exit_code = 2

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"TRELLIS_MANIFESTS names {path}, which {reason}")


def read_manifests(paths: Iterable[Path]) -> Manifest:
    """The documents of all the files, by their ids; raises UnusableManifest."""
    manifest: Manifest = {}
    for path in paths:
        for name, text in _documents(path):
            if manifest.setdefault(name, text) != text:
                raise UnusableManifest(path, f"has another document than before under the id {name!r}: build it anew")
    return manifest


def _documents(path: Path) -> Iterable[tuple[str, str]]:
    try:
        content = FORMATS.validate_json(path.read_bytes())
    except OSError as error:
        raise UnusableManifest(path, f"cannot be read ({os.strerror(error.errno or 0)}): mend the path") from error
    except ValidationError as error:
        raise UnusableManifest(
            path, "is neither version 1 of apollo-persisted-query-manifest nor Relay's JSON object of ids and texts"
        ) from error
    return (
        [(one.id, one.body) for one in content.operations] if isinstance(content, ApolloManifest) else content.items()
    )
