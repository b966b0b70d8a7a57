"""Workers are killed while bars stream."""

import signal
import time

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.verdict import Verdict


class Pair:
    """Two workers. The older one is killed and replaced by one with a new name."""

    def __init__(self, harness: Harness) -> None:
        self._processes = harness.processes
        self.killed = 0
        self._started = 2
        harness.workers("worker0", "worker1")

    def _start(self) -> None:
        self._processes.start_worker(f"worker{self._started}")
        self._started += 1

    def kill_when_ready(self) -> None:
        """Kill the older one, if it has started to work."""
        oldest = f"worker{self.killed}"
        if self._processes.is_ready(oldest):
            self._processes.signal(oldest, signal.SIGKILL)
            self.killed += 1
            self._start()


def kill(*, bars: int = 200_000, rate: float = 8_000, kills: int = 10, stock: bool = False) -> Verdict:
    """Kill one of two workers again and again while bars stream, and start another in its place.

    Args:
        bars: in all.
        rate: bars a second.
        kills: SIGKILLs.
        stock: without the fast lane.
    """
    with running_harness(fast=not stock, symbols=bars // PER_SYMBOL) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tasks import process_agg

        pair, sent = Pair(harness), 0
        for batch in paced(distinct_bars(bars), rate):
            process_agg.delay_many(batch)
            sent += len(batch)
            if pair.killed < kills * sent // bars:
                pair.kill_when_ready()
        began, streaming = time.monotonic(), pair.killed
        while pair.killed < kills:
            # Under load, a worker that was to be killed was not ready in time.
            pair.kill_when_ready()
            time.sleep(0.05)
        harness.drain(seconds=900)
        recovery = time.monotonic() - began
        return Verdict(
            f"{kills} SIGKILLs, {streaming} of them under load",
            bars,
            harness.reconcile(distinct_bars(bars)),
            recovery,
        )
