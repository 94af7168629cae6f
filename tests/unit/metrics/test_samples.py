"""The dashboard and the alert rules of `config/` ask for figures that there are."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import figures

ROOT = Path(__file__).parents[3]
BOARD = ROOT / "config/grafana-dashboard.json"
RULES = ROOT / "config/prometheus-alerts.yml"
SUFFIXES = ("", "_bucket", "_count", "_sum")
PROMETHEUS = {"le", "instance", "job"}
"""Labels that Prometheus gives by itself."""
_LABELS = re.compile(r"by \(([^)]*)\)|[{,]\s*(\w+)=")


def queries() -> list[str]:
    board = json.loads(BOARD.read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules = re.findall(r"expr: \|-\n\s+(.+)\n", RULES.read_text())
    assert len(rules) == RULES.read_text().count("- alert:")
    return asked + rules


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_for_figures_and_labels_that_there_are(query: str) -> None:
    labels = figures.labels()
    known = {name + end: labels[name] for name in labels for end in SUFFIXES}
    named = re.findall(r"acrux_[a-z_]+", query)
    assert named or 'up{job="acrux"}' in query
    assert set(named) <= known.keys()
    allowed = PROMETHEUS.union(*(known[name] for name in named))
    for together, alone in _LABELS.findall(query):
        assert {one.strip() for one in (together or alone).split(",")} <= allowed


def test_every_figure_is_looked_at() -> None:
    text = "".join(queries())
    assert [name for name in figures.names() if name not in text] == []


def test_the_handbook_says_what_to_do_at_each_alert() -> None:
    handbook = ROOT.joinpath("docs/operate.md").read_text()
    part = handbook[handbook.index("### Alerts") : handbook.index("## Keys")]
    told = re.findall(r"^\| `(\w+)` \|", part, re.M)
    assert told == re.findall(r"- alert: (\w+)", RULES.read_text())


@pytest.mark.slow
def test_prometheus_takes_the_rules_and_every_query_of_the_dashboard(
    tmp_path: Path, promtool: str
) -> None:
    asked = tmp_path / "queries.yml"
    rules = [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries())
    ]
    # JSON is YAML.
    asked.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    for file in (RULES, asked):
        done = subprocess.run(
            [promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
