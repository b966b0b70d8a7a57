"""Merges parts while recording goes on."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from config.log_throttle import LogThrottle
from history.archive.day import days
from history.archive.merging import Merger
from history.archive.part import hour_of
from history.errors import reason

log = logging.getLogger(__name__)

#: Seconds between two looks, and between two attempts at a day whose parts could not be merged.
INTERVAL, AFTER_FAILURE = 5.0, 300.0


@contextmanager
def merging(history: Path) -> Iterator[None]:
    """Merge parts in a thread while the context is entered, by the only process that writes there."""
    thread = _MergingThread(history)
    thread.start()
    try:
        yield
    finally:
        thread.stop()


class _MergingThread(threading.Thread):
    def __init__(self, history: Path) -> None:
        super().__init__(name="merging", daemon=True)
        self._history = history
        self._merger = Merger(history)
        self._stopped = threading.Event()
        self._throttle = LogThrottle()
        # When to retry, by a day's folder.
        self._not_before: dict[Path, float] = {}

    def stop(self) -> None:
        """Stop soon; a merge that is under way is given up."""
        self._stopped.set()
        while self.is_alive():
            self._merger.interrupt()
            self.join(0.1)
        self._merger.close()

    def run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            for day in days(self._history):
                if time.monotonic() >= self._not_before.get(day.folder, 0.0):
                    self._merge(day.folder)

    def _merge(self, day: Path) -> None:
        try:
            while not self._stopped.is_set() and self._merger.step(day, hour_of(_now())):
                pass
        except (OSError, duckdb.Error) as error:
            if self._stopped.is_set():
                return
            # Nothing is lost: readers read the parts as they are. Other days are merged nevertheless.
            if self._throttle.allows(day.name):
                log.warning("parts of %s could not be merged, which is tried again: %s", day.name, reason(error))
            self._not_before[day] = time.monotonic() + AFTER_FAILURE


def _now() -> int:
    return int(time.time() * 1000)
