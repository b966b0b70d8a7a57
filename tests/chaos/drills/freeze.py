"""A worker is frozen until its messages are redelivered to others, and then goes on."""

import signal
import time
from functools import partial
from typing import Any

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

#: Attempts to freeze a worker while it has bars in flight. Most take a tenth of a second.
ATTEMPTS = 300
#: Seconds until a worker that was frozen or thawed has received the reply to its fetch.
SETTLE = 0.03


def freeze(*, bars: int = 200_000, rate: float = 4_000, freezes: int = 2, seconds: float = 12) -> Verdict:
    """Freeze one of two workers past the visibility timeout (5 s) while bars stream, and thaw it.

    Its late acknowledgements must not remove redelivered bars, and bars that it applies late must not overwrite
    newer ones.

    Args:
        bars: in all.
        rate: bars a second.
        freezes: how often; the two workers take turns.
        seconds: how long each freeze lasts.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        harness.workers("worker0", "worker1")
        taken = 0
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            harness.await_work(bars / 20)
            for n in range(freezes):
                name = f"worker{n % 2}"
                unacked = _freeze(harness, name)
                taken += len(unacked)
                time.sleep(seconds)
                eventually(partial(_are_free, harness, unacked), what="its messages are redelivered")
                harness.processes.signal(name, signal.SIGCONT)
        recovery = harness.drain(seconds=300)
        # A thawed worker still applies bars that are no longer in the queue nor unacknowledged.
        eventually(lambda: harness.totals().processed >= bars + taken, what="thawed workers apply their bars")
        again = harness.totals().processed - bars
        alive = all(harness.processes.alive(f"worker{n}") for n in range(2))
        return Verdict(
            f"{freezes} times frozen for {seconds:.0f} s",
            stream.producer.sent,
            harness.reconcile(distinct_bars(bars)),
            recovery,
            f"{taken:,} bars of frozen workers were redelivered, {again:,} applied twice",
            () if alive else ("a thawed worker ended",),
        )


def _freeze(harness: Harness, name: str) -> set[bytes]:
    """Freeze a worker while it has bars in flight. Returns their delivery tags.

    Raises:
        AssertionError: no attempt found any.
    """
    for _ in range(ATTEMPTS):
        harness.processes.signal(name, signal.SIGSTOP)
        # The reply to its fetch still arrives, and the other worker acknowledges its own bars within a second.
        time.sleep(SETTLE)
        unacked, deadline = _unacked(harness), time.monotonic() + 1
        while unacked and time.monotonic() < deadline:
            time.sleep(0.02)
            unacked &= _unacked(harness)
        if unacked:
            return unacked
        harness.processes.signal(name, signal.SIGCONT)
        time.sleep(SETTLE)
    raise AssertionError(f"{name} never had bars in flight")


def _are_free(harness: Harness, tags: set[bytes]) -> bool:
    return not tags & _unacked(harness)


def _unacked(harness: Harness) -> set[bytes]:
    """The tags of all deliveries that are not acknowledged."""
    tags: Any = harness.broker.hkeys("unacked")
    return set(tags)
