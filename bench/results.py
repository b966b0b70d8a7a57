"""All that a run of the benchmark found, and its form as JSON."""

import json
from dataclasses import dataclass

from bench.account import Account
from bench.latency import Latency
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

    def accounts(self) -> dict[str, Account]:
        """What became of the bars, by the measurement and the lane that they were sent in."""
        named = {f"{account.lane.kind.name}, end to end": account for account in self.throughput.accounts}
        return named | {f"{self.latency.account.lane.kind.name}, latency": self.latency.account}

    def json(self) -> str:
        """Every figure with its rounds."""
        return json.dumps(
            {
                "machine": self.machine,
                "figures": [
                    {"title": each.title, "unit": each.unit, "rounds": each.rounds} for each in self.figures()
                ],
                "latency samples": self.latency.samples,
                "bars": {name: account.figures() for name, account in self.accounts().items()},
            },
            indent=2,
        )
