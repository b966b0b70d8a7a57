"""No worker runs for a while."""

import signal
import time

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import paced, running_harness
from tests.chaos.verdict import Verdict


def down(*, bars: int = 300_000, rate: float = 4_000, seconds: float = 60) -> Verdict:
    """Kill all workers while bars stream, and start two others later, which work off the backlog.

    Args:
        bars: in all.
        rate: bars a second.
        seconds: without a worker.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        names = ("worker0", "worker1")
        harness.workers(*names)
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            harness.await_work(bars / 20)
            for name in names:
                harness.processes.signal(name, signal.SIGKILL)
            time.sleep(seconds)
            backlog, began = harness.queued(), time.monotonic()
            for name in names:
                harness.processes.start_worker(f"next-{name}")
        recovery = harness.drain(seconds=600)
        notes = f"{backlog:,} bars were queued; drained {time.monotonic() - began:.1f} s after the workers' start"
        return Verdict(
            f"no worker for {seconds:.0f} s",
            stream.producer.sent,
            harness.reconcile(distinct_bars(bars)),
            recovery,
            notes,
        )
