"""Reading what a server tells of itself, by the parsers of the library."""

from collections.abc import Iterator
from typing import Any

import httpx
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

TOKEN = "a token of the metrics"
SUFFIXES = {"histogram": ("_bucket", "_count", "_sum"), "summary": ("_count", "_sum")}
NEW = "application/openmetrics-text;version=1.0.0"


class Scrape:
    """The samples of one answer."""

    def __init__(self, text: str) -> None:
        """Raises ValueError where it is no OpenMetrics."""
        parse: Any = text_string_to_metric_families  # untyped
        self.families: list[Family] = list(parse(text))

    def samples(self, name: str, **labels: str) -> Iterator[Sample]:
        """Those of that name that have these labels, among others."""
        for family in self.families:
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    yield sample

    def value(self, name: str, **labels: str) -> float:
        """The value of the only one."""
        (sample,) = self.samples(name, **labels)
        return float(sample.value)

    def total(self, name: str, **labels: str) -> float:
        return sum(float(sample.value) for sample in self.samples(name, **labels))

    def of(self, name: str, label: str) -> set[str]:
        """The values of a label."""
        return {sample.labels[label] for sample in self.samples(name)}

    @property
    def size(self) -> int:
        return sum(len(family.samples) for family in self.families)


def headers(**more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", "Accept": NEW, **more}


async def scrape(http: httpx.AsyncClient) -> Scrape:
    response = await http.get("/metrics", headers=headers())
    assert response.status_code == 200, response.text
    return Scrape(response.text)


def scrape_from(address: str, token: str = "") -> Scrape:
    """Of a server that runs by itself."""
    given = {"Accept": NEW} | ({"Authorization": f"Bearer {token}"} if token else {})
    response = httpx.get(f"{address}/metrics", headers=given, timeout=10)
    assert response.status_code == 200, response.text
    return Scrape(response.text)
