"""Screens and alerts are published while clock workers are killed one after another."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from leaderboard import keys
from tests.chaos.clock_workers import ClockWorkers
from tests.chaos.harness import Harness, paced
from tests.chaos.producer import Stream
from tests.chaos.publications import Publications, Published, await_last_tick, slots_of
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually


class Ran(NamedTuple):
    """What was published meanwhile.

    Attributes:
        killed: clock workers.
        recovery: seconds until all bars were applied.
        slots: of all ticks.
        noted: of the screens.
    """

    killed: int
    recovery: float
    slots: list[int]
    noted: list[Published]

    def verdict(
        self, harness: Harness, bars: Sequence[dict[str, Any]], notes: str, broken: Iterable[str]
    ) -> Verdict:
        """What is to be said of it.

        Args:
            harness: the system.
            bars: that it was sent.
            notes, broken: as of the verdict.
        """
        faults = f"{self.killed} SIGKILLs of clock workers"
        return Verdict(faults, len(bars), harness.reconcile(bars), self.recovery, notes, tuple(broken))


def stream_and_kill(
    harness: Harness,
    bars: Sequence[dict[str, Any]],
    *,
    screens: Iterable[str],
    clock_workers: int,
    rate: float,
    between: float,
) -> Ran:
    """Stream bars, and kill one of the clock workers again and again.

    Args:
        harness: the system, whose files of screens and rules are declared.
        bars: which.
        screens: names of those that are noted.
        clock_workers: how many there are.
        rate: bars a second.
        between: seconds between two SIGKILLs.
    """
    harness.workers("worker0")
    clock = ClockWorkers(harness, clock_workers)
    publications = Publications(harness.server.url(0), screens)
    publications.start()
    for n in range(2):
        harness.processes.beat(f"beat{n}")
    eventually(lambda: harness.boards.exists(keys.TICKS), what="the first tick")
    with Stream(paced(bars, rate)) as stream:
        while stream.is_sending:
            time.sleep(between)
            clock.kill()
    recovery = harness.drain(60)
    await_last_tick(harness)
    slots = slots_of(harness.boards)
    return Ran(clock.killed, recovery, slots, publications.end(slots))
