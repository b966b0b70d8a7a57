"""Makes volume profiles of history at 03:40 in New York of each trading day, in a process of their own.

They take a gigabyte of memory for a while, which is given back when that process ends.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time

from config.settings import settings
from leaderboard.sessions import NEW_YORK, is_trading_day, next_trading_day

log = logging.getLogger(__name__)

#: Before the market's reference data is fetched, and before bars come.
TIME = time(3, 40)
#: A recorder that starts between the two makes them at once: nothing is lost by making them again.
LATEST = time(9, 30)
COMMAND = (sys.executable, "-m", "history", "profile", "--from-history")

# Seconds between two looks at the clock, which may be changed.
_INTERVAL = 20.0


def next_run(now: datetime) -> datetime:
    """When to make profiles next, `now` included.

    Args:
        now: in New York.
    """
    day = now.date() if is_trading_day(now.date()) else next_trading_day(now.date())
    if day == now.date() and TIME <= now.time() < LATEST:
        return now
    if day == now.date() and now.time() >= LATEST:
        day = next_trading_day(day)
    return datetime.combine(day, TIME, NEW_YORK)


@contextmanager
def nightly_profiles() -> Iterator[None]:
    """Make profiles each night while the context is entered, unless time is what the events say."""
    if settings().market_clock == "events":
        yield
        return
    thread = _Nightly(lambda: datetime.now(NEW_YORK))
    thread.start()
    try:
        yield
    finally:
        thread.stop()


class _Nightly(threading.Thread):
    """Runs :data:`COMMAND` when it is due."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(name="nightly profiles", daemon=True)
        self._now = now
        self._stopped = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def stop(self) -> None:
        """Stop soon, the command too."""
        self._stopped.set()
        if process := self._process:
            process.terminate()
        self.join()

    def run(self) -> None:
        due = next_run(self._now())
        while not self._stopped.wait(_INTERVAL):
            if self._now() >= due:
                self._make()
                due = next_run(datetime.combine(self._now().date(), LATEST, NEW_YORK))

    def _make(self) -> None:
        try:
            process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except OSError as error:
            log.warning("volume profiles could not be made: %s", error)
            return
        with process:
            self._process = process
            # It may have been stopped before there was a process to stop.
            if self._stopped.is_set():
                process.terminate()
            said, _ = process.communicate()
        self._process = None
        level = logging.WARNING if process.returncode and not self._stopped.is_set() else logging.INFO
        log.log(level, "volume profiles: %s", " ".join(said.split()))
