"""The one clock of a deployment: that of the Redis which holds the boards."""

import logging
import time
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

from config.settings import Settings
from leaderboard.connection import impatient

log = logging.getLogger(__name__)

#: Seconds after which the server is asked again. Within them it is the machine's steady clock that counts on.
INTERVAL = 10.0
#: Seconds by which a machine's clock may differ before that is said.
NOTABLE = 1.0

# The one that took least time tells most: what it says is wrong by half of that at most.
_SAMPLES = 3


class Clock:
    """Tells the time of the boards' Redis, whatever the clock of this machine says.

    Which session it is, and whether a bar comes from the future, has to be the same on all machines; one whose
    clock is a minute behind would else refuse the whole market. Where Redis does not answer, its last answer
    counts on, and before the first one the machine's own clock.

    Args:
        redis: a client of the boards' Redis for this alone, which does not try again: what needs the time and then
            Redis itself is not to wait twice.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # Seconds from the machine's steady clock to Unix time.
        self._offset = time.time() - time.monotonic()
        self._measured: float | None = None
        self._told = 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        return cls(impatient(settings.redis_url, settings.redis_master))

    def now(self) -> int:
        """Unix milliseconds."""
        if self._measured is None or time.monotonic() - self._measured >= INTERVAL:
            # By a new connection: its address may lead to another server by now.
            self._redis.connection_pool.disconnect(inuse_connections=False)
            self._measure()
        return self._read()

    def server_now(self) -> int:
        """Unix milliseconds, from Redis itself: for what must not rest on an answer of some seconds ago."""
        self._measure()
        return self._read()

    def _read(self) -> int:
        return int((time.monotonic() + self._offset) * 1000)

    def _measure(self) -> None:
        try:
            self._offset = min(self._sample() for _ in range(_SAMPLES))[1]
        except RedisError as error:
            log.warning("Redis does not tell the time: %s", error)
        else:
            self._tell_skew()
        self._measured = time.monotonic()

    def _sample(self) -> tuple[float, float]:
        """How long the answer took, and the offset that it tells; seconds."""
        began = time.monotonic()
        seconds, microseconds = self._redis.time()
        took = time.monotonic() - began
        return took, seconds + microseconds / 1e6 - (began + took / 2)

    def _tell_skew(self) -> None:
        skew = time.time() - time.monotonic() - self._offset
        if abs(skew - self._told) < NOTABLE:
            return
        self._told = skew
        if abs(skew) < NOTABLE:
            log.info("this machine's clock is right again")
        else:
            way = "ahead of" if skew > 0 else "behind"
            log.warning("this machine's clock is %.1f s %s that of Redis, which counts", abs(skew), way)
