"""Measures how long a system stands still while it is changed."""

import threading
import time

from tests.chaos.harness import ObservedSystem

#: Seconds between two looks.
_LOOK = 0.05


class Pauses:
    """The longest time without a bar applied, and without a snapshot. ``with Pauses(system) as pauses: ...``

    Bars have to stream meanwhile, and Redis has to stay.

    Attributes:
        bars: seconds.
        snapshots: seconds; 1 at best.
    """

    def __init__(self, system: ObservedSystem) -> None:
        self.bars = self.snapshots = 0.0
        self._system = system
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Pauses":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        processed = published = 0
        bars_since = snapshots_since = time.monotonic()
        while not self._over.wait(_LOOK):
            totals, now = self._system.totals(), time.monotonic()
            self.bars = max(self.bars, now - bars_since)
            self.snapshots = max(self.snapshots, now - snapshots_since)
            if totals.processed != processed:
                processed, bars_since = totals.processed, now
            if totals.published != published:
                published, snapshots_since = totals.published, now
