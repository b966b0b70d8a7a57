"""The network between Redis and all processes drops everything, without closing a connection."""

import os
import time
from contextlib import closing

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.redis_servers.proxy import Proxy


def cut(*, bars: int = 200_000, rate: float = 4_000, seconds: float = 25) -> Verdict:
    """For a while, forward neither data nor the end of a connection between Redis and its clients.

    Args:
        bars: in all.
        rate: bars a second.
        seconds: without the network.
    """
    with (
        running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness,
        closing(Proxy(harness.server.port)) as proxy,
    ):
        os.environ |= {
            "REDIS_URL": f"redis://127.0.0.1:{proxy.port}/0",
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{proxy.port}/1",
        }
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        harness.workers("worker0", "worker1")
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            harness.await_work(bars / 20)
            proxy.hold()
            time.sleep(seconds)
            proxy.resume()
            flowing = harness.await_progress(seconds=120)
        recovery = harness.drain(seconds=300)
        producer = stream.producer
        notes = (
            f"bars flowed again after {flowing:.1f} s; "
            f"{producer.refusals} sendings failed, {producer.doubtful:,} bars in doubt were sent again"
        )
        faults = f"no network for {seconds:.0f} s, no connection closed"
        return Verdict(faults, producer.sent, harness.reconcile(distinct_bars(bars)), recovery, notes)
