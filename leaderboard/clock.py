"""The time source of a deployment: the clock of the Redis that holds the boards."""

import logging
import time
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

from config.settings import Settings
from leaderboard.connections.connection import connect_without_retries

log = logging.getLogger(__name__)

#: Seconds between two questions to the server; in between the machine's monotonic clock counts on.
INTERVAL = 10.0
#: Seconds of difference from which a machine's wrong clock is logged.
NOTABLE = 1.0

# The answer that took the least time counts: its error is at most half of that time.
_SAMPLES = 3


class Clock:
    """Tells the time of the boards' Redis, whatever this machine's clock says.

    All machines must agree on the session and on whether a bar is from the future: a machine whose clock is a
    minute behind would refuse the whole market. If Redis does not answer, time goes on from its last answer;
    before the first answer the machine's own clock is used.

    Args:
        redis: a client of the boards' Redis for the clock alone, without retries, so that callers which need the
            time and then Redis do not wait twice.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # Unix time minus the machine's monotonic clock, seconds.
        self._offset = time.time() - time.monotonic()
        self._measured: float | None = None
        self._logged_skew = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(connect_without_retries(settings.redis_url, settings.redis_master))

    def now(self) -> int:
        """Unix milliseconds."""
        if self._measured is None or time.monotonic() - self._measured >= INTERVAL:
            # Over a new connection: the address may lead to another server by now.
            self._redis.connection_pool.disconnect(inuse_connections=False)
            self._measure()
        return self._read()

    def server_now(self) -> int:
        """Unix milliseconds, asked from Redis now: for decisions that must not rest on an older answer."""
        self._measure()
        return self._read()

    @property
    def skew(self) -> float | None:
        """Seconds by which this machine's clock is ahead of Redis's, as measured last; None before that.

        Asks no server.
        """
        return None if self._measured is None else self._ahead()

    def _ahead(self) -> float:
        return time.time() - time.monotonic() - self._offset

    def _read(self) -> int:
        return int((time.monotonic() + self._offset) * 1000)

    def _measure(self) -> None:
        try:
            self._offset = min(self._sample() for _ in range(_SAMPLES))[1]
        except RedisError as error:
            log.warning("Redis does not tell the time: %s", error)
        else:
            self._log_skew()
        self._measured = time.monotonic()

    def _sample(self) -> tuple[float, float]:
        """How long the answer took, and the offset it gives; seconds."""
        began = time.monotonic()
        seconds, microseconds = self._redis.time()
        took = time.monotonic() - began
        return took, seconds + microseconds / 1e6 - (began + took / 2)

    def _log_skew(self) -> None:
        skew = self._ahead()
        if abs(skew - self._logged_skew) < NOTABLE:
            return
        self._logged_skew = skew
        if abs(skew) < NOTABLE:
            log.info("this machine's clock is right again")
        else:
            way = "ahead of" if skew > 0 else "behind"
            log.warning("this machine's clock is %.1f s %s that of Redis, which counts", abs(skew), way)
