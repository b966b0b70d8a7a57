"""How recording stands, for metrics, the log and the doctor."""

import logging
import socket
import threading
import time
from pathlib import Path

from redis import Redis

from config.log_throttle import LogThrottle
from history.errors import reason
from leaderboard.tape.entries import Anchor
from leaderboard.tape.recorder_report import RecorderReport

log = logging.getLogger(__name__)


class Status:
    """What one recorder has done. Metrics read it from another thread.

    Args:
        history: the folder of all days.

    Attributes:
        is_recording: whether this recorder records; else another one does, or none can.
        bars: recorded, since the process started.
        failures: attempts that failed.
        gaps: gaps in the history, without the one before the first recorded bar.
        position: on the tape, of the newest entry.
    """

    def __init__(self, history: Path) -> None:
        self._host, self._folder = socket.gethostname(), str(history.absolute())
        self._throttle = LogThrottle()
        self._lock = threading.Lock()
        self.is_recording = False
        self.bars = 0
        self.failures = 0
        self.gaps = 0
        self.position = 0
        self._anchor = Anchor(0, 0, 0, 0)
        self._failure, self._gap_at, self._gap_why = "", 0, ""
        # When the oldest pending bar came to the tape, by this process's clock.
        self._pending_since: float | None = None

    @property
    def pending(self) -> int:
        """Bars on the tape that are not on disk yet, as far as this recorder knows."""
        return max(0, self.position - self._anchor.position)

    @property
    def age(self) -> float:
        """Seconds since the oldest of them came to the tape; 0: there is none."""
        since = self._pending_since
        return time.monotonic() - since if since is not None else 0.0

    def waits(self) -> None:
        """Another recorder records."""
        self.position, self._pending_since = self._anchor.position, None

    def saw(self, position: int, oldest_age: float) -> None:
        """The tape has a newest position, and entries that are not on disk.

        Args:
            position: of the newest entry.
            oldest_age: seconds for which the oldest entry that is not on disk has been on the tape.
        """
        self.position = max(self.position, position)
        if self._pending_since is None:
            self._pending_since = time.monotonic() - max(0.0, oldest_age)

    def stored(self, anchor: Anchor, bars: int) -> None:
        """Everything up to an entry is on disk, `bars` of it new."""
        self._anchor, self._pending_since = anchor, None
        self.position = max(self.position, anchor.position)
        self.bars += bars

    def succeeded(self) -> None:
        """All that was read is on disk. Until then a failure lasts, however many attempts have begun since."""
        if self._failure:
            log.info("recording goes on")
        self._failure = ""
        self._throttle.over()

    def failed(self, error: Exception) -> None:
        """An attempt failed; another follows."""
        self.failures += 1
        self._failure = reason(error)
        if self._throttle.allows(type(error).__name__):
            log.error("recording failed, and is tried again: %s", self._failure)

    def found_gap(self, at: int, why: str, *, is_first: bool) -> None:
        """History has a gap up to a moment.

        Args:
            at: the moment, Unix milliseconds.
            why: there is a gap.
            is_first: nothing was recorded before.
        """
        self._gap_at, self._gap_why = at, why
        if is_first:
            log.info("recording begins: %s", why)
        else:
            self.gaps += 1
            log.error("history has a gap: %s", why)

    def report(self, redis: Redis) -> None:
        """Store the report that the doctor reads.

        Raises:
            redis.exceptions.RedisError: Redis does not answer.
        """
        seconds, microseconds = redis.time()
        RecorderReport(
            self._host,
            self._folder,
            self._anchor.position,
            seconds * 1000 + microseconds // 1000,
            self._failure,
            self._gap_at,
            self._gap_why,
        ).store(redis)
