"""Clock workers that are killed one after another."""

import signal
from functools import partial

from tests.chaos.harness import Harness
from tests.support.waiting import eventually


class ClockWorkers:
    """Some clock workers. The oldest one is killed and replaced by one with a new name.

    Attributes:
        killed: how many were.
    """

    def __init__(self, harness: Harness, count: int) -> None:
        self._processes = harness.processes
        self.killed, self._started = 0, 0
        for _ in range(count):
            self._start()
        for n in range(count):
            eventually(partial(self._processes.is_ready, f"clock{n}"), what=f"clock{n} is ready")

    def _start(self) -> None:
        self._processes.start_worker(f"clock{self._started}", "--pool", "solo", queues="clock")
        self._started += 1

    def kill(self) -> None:
        """Kill the oldest one and start another, if all are at work."""
        if all(self._processes.is_ready(f"clock{n}") for n in range(self.killed, self._started)):
            self._processes.signal(f"clock{self.killed}", signal.SIGKILL)
            self.killed += 1
            self._start()
