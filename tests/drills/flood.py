"""Many times more bars than the workers can do."""

import signal
import threading
import time
from typing import Any

from leaderboard import keys
from tests.drills.grounds import Grounds, grounds, paced
from tests.drills.tape import PER_SYMBOL, tape
from tests.drills.verdict import Verdict
from tests.waiting import eventually

#: Seconds for which a worker runs, and for which it then stands still.
RUNS, RESTS = 0.1, 1.4
#: Seconds between two snapshots, at most.
GAP = 5.0


def flood(*, rate: float = 5_000, seconds: float = 60) -> Verdict:
    """Send at some ten times the pace of a worker, with no bound to the queue, and then let it work that off.

    The worker is slowed down, as its tenfold would take more memory than a machine has: it stands still for
    fourteen fifteenths of the time, till the last bar is sent. Snapshots go on being published.

    Args:
        rate: bars a second.
        seconds: for which they are sent.
    """
    bars = round(rate * seconds)
    with grounds(fast=True, symbols=bars // PER_SYMBOL) as ground:
        # Imported here: the app reads its settings from the environment when it is imported.
        from tests.drills.producer import Stream

        ground.processes.worker("clock", queues="clock,reference")
        ground.processes.beat("beat")
        ground.processes.worker("worker")
        snapshots = Snapshots(ground)
        began = time.monotonic()
        with Stream(paced(tape(bars), rate)) as stream:
            while stream.is_sending:
                time.sleep(RUNS)
                ground.processes.signal("worker", signal.SIGSTOP)
                time.sleep(RESTS)
                ground.processes.signal("worker", signal.SIGCONT)
        sending, done, backlog = time.monotonic() - began, ground.totals().processed, ground.queued()
        last = time.monotonic()
        ground.drain(seconds=600)
        recovery = time.monotonic() - last
        eventually(lambda: snapshots.is_newest(ground), what="the last snapshot")
        gap = snapshots.close()
        notes = (
            f"{bars / sending:,.0f} bars/s sent, {done / sending:,.0f} bars/s done meanwhile, a backlog of "
            f"{backlog:,}; snapshots at most {gap:.1f} s apart"
        )
        broken = () if gap <= GAP else (f"no snapshot for {gap:.1f} s",)
        faults = f"{bars / max(1, done):.0f} times the worker's pace for {sending:.0f} s"
        return Verdict(faults, stream.producer.sent, ground.left(tape(bars)), recovery, notes, broken)


class Snapshots:
    """Notes when snapshots are published, from the first one on."""

    def __init__(self, ground: Grounds) -> None:
        self._times: list[float] = []
        self._subscription: Any = ground.boards.pubsub(ignore_subscribe_messages=True)
        self._subscription.subscribe(keys.scanner("volume"))
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def is_newest(self, ground: Grounds) -> bool:
        """Whether the last snapshot shows all that was applied."""
        held: Any = ground.boards.hget(keys.SNAPSHOT, "revision")
        return bool(held == ground.boards.get(keys.REVISION))

    def close(self) -> float:
        """Listen no longer: the longest time between two, seconds."""
        self._ends.set()
        self._thread.join()
        self._subscription.close()
        return max(later - earlier for earlier, later in zip(self._times, self._times[1:], strict=False))

    def _listen(self) -> None:
        while not self._ends.is_set():
            if self._subscription.get_message(timeout=0.1):
                self._times.append(time.monotonic())
