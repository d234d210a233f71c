"""What examples/monitoring brings along works with a server as it is, by Prometheus's own programs."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package that nothing else needs

from app.metrics.catalogue import CATALOGUE
from tests.conftest import Database
from tests.metrics.scraping import SUFFIXES
from tests.processes import ROOT, end, free_port, serve
from tests.serving.test_workers import SECRET, until

FOLDER = ROOT / "examples" / "monitoring"
NAMED = re.compile(r"\b(?:trellis|process|python)_[a-z_]+")
FEWEST = 30  # metrics that the dashboard shows


class Server(NamedTuple):
    address: str
    metrics: str


@pytest.fixture(scope="module")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that has answered something, and something else not."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    variables = {
        "TRELLIS_DATABASE_URL": database.runtime_url,
        "TRELLIS_JWT_SECRET": SECRET,
        "TRELLIS_METRICS_PORT": str(port),
    }
    with serve(folder, **variables) as address:
        for query in "{ __typename }", "{ nothing }":
            httpx.post(f"{address}/graphql", json={"query": query})
        yield Server(address, f"http://127.0.0.1:{port}/metrics")


def found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is missing: run `apt-get install prometheus` first.")
    return path


def promtool(*arguments: str, given: bytes = b"") -> str:
    """What it says where all is well."""
    ran = subprocess.run(
        [found("promtool"), *arguments], cwd=FOLDER, input=given, capture_output=True, timeout=60, check=False
    )
    said = (ran.stdout + ran.stderr).decode()
    assert ran.returncode == 0, said
    return said


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def expressions() -> list[str]:
    """What the panels ask for, with Grafana's variables as somebody may have chosen them."""
    board = json.loads((FOLDER / "dashboard.json").read_text())
    chosen = {"$__rate_interval": "5m", "$job": "trellis", "$instance": ".*"}
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    return [re.sub("|".join(map(re.escape, chosen)), lambda name: chosen[name[0]], one) for one in asked]


def test_the_rules_are_right_and_alert_when_they_should() -> None:
    assert "SUCCESS: 5 rules found" in promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


def test_each_rule_has_a_test_and_says_what_to_do() -> None:
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    expected = [case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]]

    assert sorted(expected) == sorted(rule["alert"] for rule in rules())
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_the_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    asked = expressions()
    records = [{"record": f"panel:{place}", "expr": expression} for place, expression in enumerate(asked)]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": records}]}))  # JSON is YAML

    assert f"SUCCESS: {len(asked)} rules found" in promtool("check", "rules", str(file))
    assert not [expression for expression in asked if "$" in expression]


def test_what_rules_and_panels_name_is_told(server: Server) -> None:
    told = httpx.get(server.metrics).text
    names = {line.partition("{")[0].partition(" ")[0] for line in told.splitlines() if not line.startswith("#")}
    asked = set(NAMED.findall(" ".join([*expressions(), *(rule["expr"] for rule in rules())])))
    # Nobody who signed in has asked it anything.
    calls = {f"trellis_batch_keys{end}" for end in SUFFIXES["summary"]}

    assert asked - names <= calls
    assert {metric.name for metric in CATALOGUE} - {re.sub("_(bucket|sum|count)$", "", name) for name in names} <= {
        "trellis_batch_keys"
    }
    assert len(asked) > FEWEST
    assert promtool("check", "metrics", given=told.encode()) == ""


def test_prometheus_reads_a_server_and_its_rules(server: Server, tmp_path: Path) -> None:
    with prometheus(tmp_path, server.metrics) as address:
        until(lambda: asked(address, 'up{job="trellis"}') == ["1"], "Prometheus does not read the server")

        assert asked(address, 'sum(trellis_requests_total{status="200"})') == ["2"]
        assert asked(address, "trellis_database_up") == ["1"]
        (group,) = httpx.get(f"{address}/api/v1/rules").json()["data"]["groups"]
        assert len(group["rules"]) == 5
        (target,) = httpx.get(f"{address}/api/v1/targets").json()["data"]["activeTargets"]
        assert target["lastError"] == ""


def asked(address: str, query: str) -> list[str]:
    """The values that Prometheus answers; none while it starts."""
    try:
        answer = httpx.get(f"{address}/api/v1/query", params={"query": query}).raise_for_status()
    except (httpx.TransportError, httpx.HTTPStatusError):
        return []
    return [one["value"][1] for one in answer.json()["data"]["result"]]


@contextmanager
def prometheus(folder: Path, metrics: str) -> Iterator[str]:
    """Prometheus by the example's own file, which reads that server once a second."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"]["scrape_interval"] = config["global"]["evaluation_interval"] = "1s"
    config["rule_files"] = [str(FOLDER / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [httpx.URL(metrics).netloc.decode()]}]
    (folder / "prometheus.yml").write_text(json.dumps(config))
    address = f"127.0.0.1:{free_port()}"
    command = [
        found("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield f"http://{address}"
        finally:
            end(process)
