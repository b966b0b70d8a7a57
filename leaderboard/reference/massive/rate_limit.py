"""How many calls a second are made."""

import threading
import time


class RateLimit:
    """Spaces the calls of several threads evenly.

    Args:
        per_second: the most calls a second.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        # When the next call may be made, on the monotonic clock.
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until the next call may be made."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._interval
        time.sleep(max(0.0, turn - time.monotonic()))

    def hold(self, seconds: float) -> None:
        """Make no call for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)
