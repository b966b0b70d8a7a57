"""Many times more bars than the workers can do."""

import signal
import threading
import time
from typing import Any

from leaderboard import keys
from tests.chaos.distinct_bars import PER_SYMBOL, distinct_bars
from tests.chaos.harness import Harness, paced, running_harness
from tests.chaos.verdict import Verdict
from tests.support.waiting import eventually

#: Times the worker's pace at which bars are sent.
PACE = 10
#: Bars that the worker may process between a check and the signal that stops it.
SPURT = 1_000
#: Seconds between two checks of the worker's progress.
LOOK = 0.02
#: Most seconds from a change of the boards to its snapshot.
MOST_SECONDS = 5.0


def flood(*, rate: float = 5_000, seconds: float = 60, least: float = 8) -> Verdict:
    """Send ten times as many bars as a worker processes, with no bound of the queue, then let it catch up.

    The worker is slowed down: ten times its full rate would need more memory than a machine has. It is stopped
    whenever it has processed almost a tenth of what was sent. Snapshots must go on meanwhile.

    Args:
        rate: bars a second.
        seconds: for which they are sent.
        least: the least ratio of sent to processed bars that counts as a flood.
    """
    bars = round(rate * seconds)
    with running_harness(fast=True, symbols=bars // PER_SYMBOL) as harness:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.chaos.producer import Stream

        harness.processes.worker("clock", queues="clock,reference")
        harness.processes.beat("beat")
        harness.processes.worker("worker")
        snapshots = Snapshots(harness)
        began = time.monotonic()
        with Stream(paced(distinct_bars(bars), rate)) as stream:
            while stream.is_sending:
                is_ahead = (harness.totals().processed + SPURT) * PACE > stream.producer.sent
                harness.processes.signal("worker", signal.SIGSTOP if is_ahead else signal.SIGCONT)
                time.sleep(LOOK)
        sending, done, backlog = time.monotonic() - began, harness.totals().processed, harness.queued()
        harness.processes.signal("worker", signal.SIGCONT)
        recovery = harness.drain(seconds=600)
        eventually(lambda: snapshots.is_newest, what="the last snapshot")
        waited = snapshots.close()
        notes = (
            f"{bars / sending:,.0f} bars/s sent, {done / sending:,.0f} bars/s done meanwhile, a backlog of "
            f"{backlog:,}; boards published within {waited:.1f} s of a change"
        )
        times = bars / max(1, done)
        broken = [] if waited <= MOST_SECONDS else [f"a change was not published for {waited:.1f} s"]
        broken += [] if times >= least else [f"no flood, but {times:.1f} times the worker's pace"]
        faults = f"{times:.0f} times the worker's pace for {sending:.0f} s"
        return Verdict(
            faults, stream.producer.sent, harness.reconcile(distinct_bars(bars)), recovery, notes, tuple(broken)
        )


class Snapshots:
    """Measures how long changed boards wait to be published."""

    def __init__(self, harness: Harness) -> None:
        self._boards = harness.boards
        self._longest = 0.0
        self._subscription: Any = harness.boards.pubsub(ignore_subscribe_messages=True)
        self._subscription.subscribe(keys.scanner("volume"))
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    @property
    def is_newest(self) -> bool:
        """Whether the last snapshot shows all that was applied."""
        return bool(self._boards.hget(keys.SNAPSHOT, "revision") == self._boards.get(keys.REVISION))

    def close(self) -> float:
        """Stop listening. Returns the longest wait in seconds."""
        self._ends.set()
        self._thread.join()
        self._subscription.close()
        return self._longest

    def _listen(self) -> None:
        changed: float | None = None
        while not self._ends.is_set():
            published = self._subscription.get_message(timeout=0.1)
            if changed is not None:
                self._longest = max(self._longest, time.monotonic() - changed)
            if published:
                changed = None
            elif changed is None and not self.is_newest:
                changed = time.monotonic()
