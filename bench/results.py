"""All that a run of the benchmark found, and its form as JSON."""

import json
from dataclasses import dataclass

from bench.latency import Latency
from bench.reconciliation import Reconciliation
from bench.report import Figures
from bench.sending import Sending
from bench.throughput import Throughput


@dataclass(frozen=True)
class Results:
    """Of one run.

    Attributes:
        machine: where it ran.
        throughput: end to end, by lane.
        sending: by way.
        latency: by load.
        core: the apply script's and the snapshot's figures.
    """

    machine: dict[str, str]
    throughput: Throughput
    sending: Sending
    latency: Latency
    core: list[Figures]

    def figures(self) -> list[Figures]:
        return [*self.throughput.figures(), *self.sending.figures(), *self.latency.figures(), *self.core]

    def reconciliations(self) -> dict[str, Reconciliation]:
        """What became of the bars, by the measurement and the lane that they were sent in."""
        named = {
            f"{reconciliation.lane.kind.name}, end to end": reconciliation
            for reconciliation in self.throughput.reconciliations
        }
        return named | {f"{self.latency.reconciliation.lane.kind.name}, latency": self.latency.reconciliation}

    def json(self) -> str:
        """Every figure with its rounds."""
        return json.dumps(
            {
                "machine": self.machine,
                "figures": [
                    {"title": each.title, "unit": each.unit, "rounds": each.rounds} for each in self.figures()
                ],
                "latency samples": self.latency.samples,
                "bars": {
                    name: reconciliation.figures() for name, reconciliation in self.reconciliations().items()
                },
            },
            indent=2,
        )
