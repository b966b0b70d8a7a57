"""A worker stands still for so long that what it holds is given to others, and then goes on."""

import signal
import time
from functools import partial
from typing import Any

from tests.chaos.grounds import Grounds, grounds, paced
from tests.chaos.tape import PER_SYMBOL, tape
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
    with grounds(fast=True, symbols=bars // PER_SYMBOL) as ground:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        ground.workers("worker0", "worker1")
        taken = 0
        with Stream(paced(tape(bars), rate)) as stream:
            eventually(lambda: ground.totals().processed > bars / 20, what="the workers are at work")
            for n in range(freezes):
                name = f"worker{n % 2}"
                held = _freeze(ground, name)
                taken += len(held)
                time.sleep(seconds)
                eventually(partial(_are_free, ground, held), what="what it held is given to others")
                ground.processes.signal(name, signal.SIGCONT)
        began = time.monotonic()
        ground.drain(seconds=300)
        recovery = time.monotonic() - began
        # The queue knows nothing of what a thawed worker still has to apply.
        eventually(lambda: ground.totals().processed >= bars + taken, what="the thawed apply what they held")
        again = ground.totals().processed - bars
        alive = all(ground.processes.alive(f"worker{n}") for n in range(2))
        return Verdict(
            f"{freezes} times frozen for {seconds:.0f} s",
            stream.producer.sent,
            ground.left(tape(bars)),
            recovery,
            f"{taken:,} bars were taken from the frozen and delivered anew, {again:,} applied twice",
            () if alive else ("a thawed worker ended",),
        )


def _freeze(ground: Grounds, name: str) -> set[bytes]:
    """Freeze a worker at a time when it holds bars: the tags of their deliveries.

    Raises:
        AssertionError: it never held any.
    """
    for _ in range(ATTEMPTS):
        ground.processes.signal(name, signal.SIGSTOP)
        # What it has asked for comes also now, and what the other one holds is acknowledged within the second.
        time.sleep(SETTLE)
        held, deadline = _held(ground), time.monotonic() + 1
        while held and time.monotonic() < deadline:
            time.sleep(0.02)
            held &= _held(ground)
        if held:
            return held
        ground.processes.signal(name, signal.SIGCONT)
        time.sleep(SETTLE)
    raise AssertionError(f"{name} holds no bars")


def _are_free(ground: Grounds, tags: set[bytes]) -> bool:
    return not tags & _held(ground)


def _held(ground: Grounds) -> set[bytes]:
    """The tags of all deliveries that are not acknowledged."""
    tags: Any = ground.broker.hkeys("unacked")
    return set(tags)
