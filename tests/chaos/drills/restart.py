"""Redis is killed while bars stream, and comes back with what its append-only file holds."""

import time

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import paced, running_harness
from tests.chaos.verdict import Verdict


def restart(
    *, bars: int = 200_000, rate: float = 4_000, kills: int = 3, away: float = 5, between: float = 8
) -> Verdict:
    """Kill the server of boards and queues, with its file synced each second, and start it again.

    The process is killed and not the machine, so what it wrote and did not sync is still there. The producer sends
    again what the broker did not take or left in doubt.

    Args:
        bars: in all.
        rate: bars a second.
        kills: SIGKILLs of the server.
        away: seconds until it is started again.
        between: seconds from its being back to the next kill.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        harness.workers("worker0", "worker1")
        flows = []
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            harness.await_work(bars / 20)
            for _ in range(kills):
                harness.server.kill()
                time.sleep(away)
                harness.server.start()
                flows.append(harness.await_progress(seconds=120))
                time.sleep(between)
        recovery = harness.drain(seconds=300)
        producer = stream.producer
        notes = (
            f"bars flowed again at most {max(flows):.1f} s after the server was back; "
            f"{producer.refusals} sendings failed, {producer.doubtful:,} bars in doubt were sent again"
        )
        faults = f"{kills} SIGKILLs of Redis, away for {away:.0f} s each"
        return Verdict(faults, producer.sent, harness.reconcile(distinct_bars(bars)), recovery, notes)
