"""Keeps a lasting failure from filling the log."""

import threading
from time import monotonic

#: Seconds between two log lines about the same failure.
INTERVAL = 60.0
# The number of failures that are remembered. Beyond it, all are logged anew.
_MOST = 100


class LogThrottle:
    """Allows one line about the same failure in each interval. Safe to share between threads."""

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._logged_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def allows(self, what: str) -> bool:
        """Whether to log `what` now; if so, it counts as logged."""
        now = monotonic()
        with self._lock:
            if now - self._logged_at.get(what, -self._interval) < self._interval:
                return False
            if len(self._logged_at) >= _MOST:
                self._logged_at.clear()
            self._logged_at[what] = now
            return True

    def over(self) -> bool:
        """Whether anything was logged since the last call. Failures from now on are logged anew."""
        with self._lock:
            logged = bool(self._logged_at)
            self._logged_at.clear()
            return logged
