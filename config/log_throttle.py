"""Keeps one fault that lasts from filling the log."""

import threading
from time import monotonic

#: Seconds between two lines about the same.
INTERVAL = 60.0
# Faults that are told apart; with more of them they are forgotten, and told anew.
_MOST = 100


class LogThrottle:
    """Lets the first of many lines about the same through, and then one in each interval. Threads may share it."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()

    def allows(self, what: str) -> bool:
        """Whether `what` is to be said now; if so, it counts as said."""
        now = monotonic()
        with self._lock:
            if now - self._told.get(what, -self._interval) < self._interval:
                return False
            if len(self._told) >= _MOST:
                self._told.clear()
            self._told[what] = now
            return True

    def over(self) -> bool:
        """Whether anything was said since the last call. What goes wrong from now on is said anew."""
        with self._lock:
            told = bool(self._told)
            self._told.clear()
            return told
