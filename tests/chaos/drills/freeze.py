"""A worker stands still for so long that what it holds is given to others, and then goes on."""

import signal
import time
from functools import partial
from typing import Any

from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

#: To freeze a worker while it holds bars. Most take a tenth of a second, so that a short stream sees many.
ATTEMPTS = 300
#: Seconds until a worker that was frozen, or goes on, has what it asked for.
SETTLE = 0.03


def freeze(*, bars: int = 200_000, rate: float = 4_000, freezes: int = 2, seconds: float = 12) -> Verdict:
    """Freeze one of two workers past the visibility timeout (5 s) while bars stream, and thaw it.

    Its late acknowledgements must not take away what was delivered anew, and what it applies late must not
    overwrite anything newer.

    Args:
        bars: in all.
        rate: bars a second.
        freezes: how often, the two workers by turns.
        seconds: how long each time.
    """
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        harness.workers("worker0", "worker1")
        taken = 0
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            eventually(lambda: harness.totals().processed > bars / 20, what="the workers are at work")
            for n in range(freezes):
                name = f"worker{n % 2}"
                held = _freeze(harness, name)
                taken += len(held)
                time.sleep(seconds)
                eventually(partial(_are_free, harness, held), what="what it held is given to others")
                harness.processes.signal(name, signal.SIGCONT)
        began = time.monotonic()
        harness.drain(seconds=300)
        recovery = time.monotonic() - began
        # The queue knows nothing of what a thawed worker still has to apply.
        eventually(lambda: harness.totals().processed >= bars + taken, what="the thawed apply what they held")
        again = harness.totals().processed - bars
        alive = all(harness.processes.alive(f"worker{n}") for n in range(2))
        return Verdict(
            f"{freezes} times frozen for {seconds:.0f} s",
            stream.producer.sent,
            harness.reconcile(distinct_bars(bars)),
            recovery,
            f"{taken:,} bars were taken from the frozen and delivered anew, {again:,} applied twice",
            () if alive else ("a thawed worker ended",),
        )


def _freeze(harness: Harness, name: str) -> set[bytes]:
    """Freeze a worker at a time when it holds bars: the tags of their deliveries.

    Raises:
        AssertionError: it never held any.
    """
    for _ in range(ATTEMPTS):
        harness.processes.signal(name, signal.SIGSTOP)
        # What it has asked for comes also now, and what the other one holds is acknowledged within the second.
        time.sleep(SETTLE)
        held, deadline = _held(harness), time.monotonic() + 1
        while held and time.monotonic() < deadline:
            time.sleep(0.02)
            held &= _held(harness)
        if held:
            return held
        harness.processes.signal(name, signal.SIGCONT)
        time.sleep(SETTLE)
    raise AssertionError(f"{name} holds no bars")


def _are_free(harness: Harness, tags: set[bytes]) -> bool:
    return not tags & _held(harness)


def _held(harness: Harness) -> set[bytes]:
    """The tags of all deliveries that are not acknowledged."""
    tags: Any = harness.broker.hkeys("unacked")
    return set(tags)
