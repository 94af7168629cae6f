"""What Prometheus would read at the address of the metrics."""

from collections.abc import Mapping

import requests
from prometheus_client.parser import text_string_to_metric_families

from idp.metrics import asked
from idp.metrics.instruments import Instruments
from idp.store.ledger.turns import Waiting


class Figures:
    """One reading, taken apart by Prometheus' own parser."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {each.name: each for each in text_string_to_metric_families(text)}
        self._samples = [one for each in self.families.values() for one in each.samples]

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of all samples of `name` that have these labels."""
        return sum(s.value for s in self._samples if s.name == name and _has(s.labels, labels))

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values of a label."""
        return {s.labels[label] for s in self._samples if s.name == name}


def names() -> set[str]:
    """Return the name of every figure that there is; a histogram as a whole."""
    return set(labels())


def labels() -> dict[str, set[str]]:
    """Return the labels of every figure that there is, by its name."""
    counted = [(m, one) for one in vars(Instruments()).values() for m in one.collect()]
    asked_for = asked.answers([], [], Waiting(0, None), {}, None, {})
    found = [*counted, *((m, m) for m in asked_for)]
    return {
        m.name + ("_total" if m.type == "counter" else ""): set(one._labelnames) for m, one in found
    }


def _has(found: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(found.get(name) == value for name, value in wanted.items())


def read(port: int) -> Figures:
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    return Figures(answer.text)
