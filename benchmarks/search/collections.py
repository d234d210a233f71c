"""The collections with relevance judgements that the quality of search is measured by."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Collection:
    """Texts, questions, and which texts answer which question; a text is its place among the texts."""

    name: str
    texts: list[tuple[str, str]]  # title and body
    queries: list[tuple[str, frozenset[int]]]


def collections(folder: Path) -> Iterator[Collection]:
    """Each `NAME.json.gz` in `folder`: {docs: [[id, title, text]…], queries: [[id, text]…], qrels: {query: [doc…]}}."""
    for path in sorted(folder.glob("*.json.gz")):
        with gzip.open(path) as file:
            content = json.load(file)
        places = {str(one[0]): place for place, one in enumerate(content["docs"])}
        yield Collection(
            path.name.removesuffix(".json.gz"),
            [(title or "", text or "") for _, title, text in content["docs"]],
            [
                (text, frozenset(places[str(one)] for one in content["qrels"][str(query)]))
                for query, text in content["queries"]
                if content["qrels"].get(str(query))
            ],
        )
