"""Sends the stream's alerts to one target."""

import logging
import random
import threading
from typing import NamedTuple

from redis import Redis
from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.alerts.stream import AlertReader, Entry
from leaderboard.connections.redis_values import InvalidValueError
from watch.notify.message import message_of
from watch.notify.status import TargetStatus
from watch.notify.target import SendError, Target

log = logging.getLogger(__name__)

#: Seconds that one read waits for alerts, and entries that it reads at most.
WAIT, MOST = 1.0, 500
#: Seconds until a failed attempt is retried: at first, then twice as many each time, up to the second.
RETRY, LONGEST_RETRY = 1.0, 60.0


class Pace(NamedTuple):
    """How alerts are sent.

    Attributes:
        interval: seconds between two messages to a target. What fires meanwhile is sent together.
        max_age: seconds after which an alert is not worth sending.
    """

    interval: float
    max_age: float


class Delivery:
    """Sends alerts to one target, each at least once, from where this target's last notifier stopped.

    Each target has a delivery and a thread of its own, so that one that is away delays no other. What waits is in
    the stream. A new target is sent what fires from now on.

    Args:
        redis: the Redis of the boards.
        target: where alerts go.
        status: of that target.
        pace: how they are sent.
    """

    def __init__(self, redis: Redis, target: Target, status: TargetStatus, pace: Pace) -> None:
        self._redis = redis
        self._reader = AlertReader(redis)
        self._target = target
        self._status = status
        self._pace = pace
        # The last entry that was settled, and the last one of which Redis knows that; None: not known yet.
        self._position: str | None = None
        self._stored: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set. Failed attempts are retried."""
        failures = 0
        while not stop.is_set():
            try:
                was_sent = self._step()
            except SendError as error:
                self._status.failed(str(error))
            except (RedisError, InvalidValueError) as error:
                self._status.failed(f"Redis: {error}")
            else:
                failures = 0
                if was_sent:
                    stop.wait(self._pace.interval)
                continue
            failures += 1
            stop.wait(_backoff(failures))
        self._status.stopped()

    def _step(self) -> bool:
        """Send what waits as one message. Returns whether there was any."""
        position = self._position or self._begin()
        self._store_position()
        entries, last = self._reader.read(position, MOST, WAIT)
        if last == position:
            self._status.nothing_waits()
            return False
        fresh = self._fresh(entries)
        if fresh:
            self._target.send(message_of([entry.alert for entry in fresh], self._target.longest))
        self._position = last
        self._status.settled(len(fresh), expired=len(entries) - len(fresh))
        self._store_position()
        return bool(fresh)

    def _fresh(self, entries: list[Entry]) -> list[Entry]:
        """Those that are worth sending."""
        seconds, microseconds = self._redis.time()
        now = seconds + microseconds / 1e6
        ages = [now - entry.alert.at / 1000 for entry in entries]
        fresh = [entry for entry, age in zip(entries, ages, strict=True) if age <= self._pace.max_age]
        if fresh:
            self._status.waits(now - fresh[0].alert.at / 1000)
        return fresh

    def _begin(self) -> str:
        """Find the entry behind which to send."""
        stored: bytes | None = self._redis.hget(keys.NOTIFIER_POSITIONS, self._target.key)  # type: ignore[assignment]
        if stored is not None:
            self._position = self._stored = stored.decode()
            return self._position
        position = self._position = self._reader.newest()
        self._store_position()
        log.info("alerts are sent to %s from now on", self._target.name)
        return position

    def _store_position(self) -> None:
        """Have the next notifier go on behind what was settled."""
        if self._position != self._stored:
            self._redis.hset(keys.NOTIFIER_POSITIONS, self._target.key, self._position)
            self._stored = self._position


def _backoff(failures: int) -> float:
    """Seconds until the next attempt, at random: targets that fail together are not retried together."""
    most = min(RETRY * 2.0 ** min(failures - 1, 16), LONGEST_RETRY)
    return most * random.uniform(0.5, 1.0)
