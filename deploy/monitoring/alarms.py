"""The alarms, read from Prometheus's rule files, which declare them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

#: The rule files.
FILES = sorted((Path(__file__).parent / "rules").glob("*.yml"))

_COMPARISON = re.compile(r"[<>=]=?\s*(\d+(?:\.\d+)?)\b")


@dataclass(frozen=True)
class Alarm:
    """One alarm.

    Attributes:
        name: its own among all alarms.
        group: what it is of, as a heading.
        expression: PromQL; it fires while this gives anything.
        duration: for how long it must do so before it fires, such as ``30s``; empty: it fires at once.
        severity: ``critical`` wakes somebody, ``warning`` is looked at the same day.
        annotations: what people are told, by Prometheus's names.
    """

    name: str
    group: str
    expression: str
    duration: str
    severity: str
    annotations: dict[str, str]

    @property
    def condition(self) -> str:
        """What it fires on, as Markdown."""
        return f"`{self.expression}`" + (f", for {self.duration}" if self.duration else "")

    @property
    def threshold(self) -> float:
        """The number of the expression's first comparison."""
        found = _COMPARISON.search(self.expression)
        assert found, f"{self.name} compares with no number"
        return float(found[1])

    @property
    def fires_below(self) -> bool:
        """Whether it fires below its threshold, and not above it."""
        found = _COMPARISON.search(self.expression)
        return bool(found and found[0][0] in "<=")


def _read(file: Path) -> Iterator[Alarm]:
    for group in YAML(typ="safe").load(file)["groups"]:
        for rule in group["rules"]:
            yield Alarm(
                rule["alert"],
                group["name"],
                " ".join(rule["expr"].split()),
                rule.get("for", ""),
                rule["labels"]["severity"],
                rule["annotations"],
            )


#: All alarms by name, in the order of the files.
ALARMS = {alarm.name: alarm for file in FILES for alarm in _read(file)}
