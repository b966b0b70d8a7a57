"""How notifying stands, for metrics, the log and the doctor."""

import logging
import socket
import time
from collections.abc import Sequence

from redis import Redis

from config.control_characters import escape_controls
from config.log_throttle import LogThrottle
from leaderboard.alerts.notifier_report import NotifierReport

log = logging.getLogger(__name__)


class TargetStatus:
    """What was sent to one target. Its delivery writes it; metrics read it from other threads.

    Args:
        name: of the target.

    Attributes:
        sent: alerts sent, since the process started.
        expired: alerts that were too old to be sent.
        failures: attempts that failed.
        failure: why the last attempt failed; empty: it did not.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = 0
        self.expired = 0
        self.failures = 0
        self.failure = ""
        self._throttle = LogThrottle()
        # When the oldest alert fired that waits, by this process's clock.
        self._waits_since: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the oldest alert fired that was not sent yet; 0: there is none."""
        since = self._waits_since
        return time.monotonic() - since if since is not None else 0.0

    def waits(self, seconds: float) -> None:
        """There are alerts to send, the oldest of which fired so many seconds ago."""
        if self._waits_since is None:
            self._waits_since = time.monotonic() - max(0.0, seconds)

    def settled(self, sent: int, expired: int) -> None:
        """Alerts were sent, or were too old for it."""
        self._waits_since = None
        self.sent += sent
        if expired:
            self.expired += expired
            log.error("%d alerts were not sent to %s: they are older than ALERT_MAX_AGE", expired, self.name)
        if sent and self.failure:
            log.info("alerts are sent to %s again", self.name)
            self._forget_failure()

    def nothing_waits(self) -> None:
        """An attempt found no alerts to send."""
        if self.failure:
            log.info("no alerts wait for %s any more", self.name)
            self._forget_failure()

    def stopped(self) -> None:
        """This notifier sends no more. What waits is for the one that takes over."""
        self._waits_since = None
        self._forget_failure()

    def _forget_failure(self) -> None:
        self.failure = ""
        self._throttle.over()

    def failed(self, reason: str) -> None:
        """An attempt failed; another follows."""
        self.failures += 1
        self.failure = escape_controls(reason)
        if self._throttle.allows("delivery"):
            log.warning("alerts cannot be sent to %s, and wait: %s", self.name, self.failure)


class Status:
    """What one notifier has done.

    Args:
        targets: the names of its targets.

    Attributes:
        targets: how each stands.
        is_sending: whether this notifier sends; else another one does, or there is no target.
    """

    def __init__(self, targets: Sequence[str]) -> None:
        self._host = socket.gethostname()
        self.targets = [TargetStatus(name) for name in targets]
        self.is_sending = False

    def report(self, redis: Redis) -> None:
        """Store the report that the doctor reads.

        Raises:
            redis.exceptions.RedisError: Redis does not answer.
        """
        failing = next((each for each in self.targets if each.failure), None)
        seconds, microseconds = redis.time()
        NotifierReport(
            self._host,
            len(self.targets),
            seconds * 1000 + microseconds // 1000,
            f"{failing.name}: {failing.failure}" if failing else "",
            round(max((each.age for each in self.targets), default=0.0)),
        ).store(redis)
