"""A worker is told to stop while bars stream."""

import signal
import threading
import time
from statistics import median

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually


def stop(*, bars: int = 240_000, rate: float = 4_000, times: int = 20) -> Verdict:
    """Stop a worker in the middle of its work and start the next one, again and again while bars stream.

    When a worker has ended, each of its messages is acknowledged or back in the queue.

    Args:
        bars: in all.
        rate: bars a second.
        times: SIGTERMs.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        from tasks import process_agg

        def stream() -> None:
            for batch in paced(distinct_bars(bars), rate):
                process_agg.delay_many(batch)

        producer = threading.Thread(target=stream)
        producer.start()
        seconds, kept = [], []
        for n in range(times):
            name = f"worker{n}"
            harness.processes.worker(name)
            eventually(harness.unacked)
            time.sleep(0.1)
            began = time.monotonic()
            harness.processes.signal(name, signal.SIGTERM)
            harness.processes.await_end(name)
            seconds.append(time.monotonic() - began)
            kept.append(harness.unacked())
        producer.join()
        began = time.monotonic()
        harness.processes.worker("last")
        harness.drain(seconds=300)
        recovery = time.monotonic() - began
        notes = f"stopped within {median(seconds):.2f} s, {max(seconds):.2f} s at most"
        broken = (f"stopped workers left {max(kept)} bars unacknowledged",) if any(kept) else ()
        return Verdict(f"{times} SIGTERMs", bars, harness.reconcile(distinct_bars(bars)), recovery, notes, broken)
