"""Manifests: both formats, several files, and one line for what is wrong with them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from app.operations.manifest import UnusableManifest, read_manifests

APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "a", "name": "A", "type": "query", "body": "query A { __typename }"}],
}
RELAY = {"b": "query B { __typename }"}


def write(path: Path, content: Any) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return path


def test_both_formats_side_by_side(tmp_path: Path) -> None:
    paths = [write(tmp_path / "apollo.json", APOLLO), write(tmp_path / "relay.json", RELAY)]
    assert read_manifests(paths) == {"a": "query A { __typename }", "b": "query B { __typename }"}
    assert read_manifests([]) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b'{"a": "\xff"}',
        {"": "{ a }"},
        {"a": ""},
        {"a": {"text": "{ a }"}},
        {**APOLLO, "version": 2},
        {**APOLLO, "format": "another"},
        {**APOLLO, "operations": [{"id": "a"}]},
        {**APOLLO, "operations": [{"id": 5, "body": "{ a }"}]},
    ],
)
def test_a_file_that_is_no_manifest(tmp_path: Path, content: Any) -> None:
    path = write(tmp_path / "broken.json", content)
    with pytest.raises(UnusableManifest) as refused:
        read_manifests([path])
    assert str(refused.value) == (
        f"TRELLIS_MANIFESTS names {path}, which is neither version 1 of apollo-persisted-query-manifest "
        "nor Relay's JSON object of ids and texts"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnusableManifest, match=r"cannot be read \(No such file or directory\): mend the path"):
        read_manifests([tmp_path / "absent.json"])


def test_an_id_is_one_document(tmp_path: Path) -> None:
    same, other = write(tmp_path / "same.json", RELAY), write(tmp_path / "other.json", {"b": "{ __typename }"})
    assert read_manifests([same, same]) == RELAY
    with pytest.raises(UnusableManifest, match="has another document than before under the id 'b'"):
        read_manifests([same, other])
