"""When the whole market's reference data was last fetched for a day, and whether a task is at it."""

import math
from contextlib import AbstractContextManager
from datetime import date
from typing import cast

from redis import Redis
from redis.lock import Lock

from leaderboard import keys
from leaderboard.reference.lease import lease
from leaderboard.reference.redis_reference import PREVIOUS_DAY_TTL


class Warmups:
    """One a day, known to all processes.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def lease(self, day: date) -> AbstractContextManager[Lock | None]:
        """Hold the lease of a day's warm-up; None if another task holds it."""
        return lease(self._redis, keys.reference_warming(day))

    def is_running(self, day: date) -> bool:
        """Whether a task holds the lease."""
        return bool(self._redis.exists(keys.reference_warming(day)))

    def note(self, day: date) -> None:
        """Note that the whole market has been fetched just now."""
        self._redis.set(keys.reference_warmed(day), self._now(), ex=PREVIOUS_DAY_TTL)

    def seconds_since(self, day: date) -> float:
        """Seconds since the last one; infinity if there was none, or the key holds something else."""
        # GET would fail on a key of another type; MGET takes it for absent.
        at = cast(list[bytes | None], self._redis.mget([keys.reference_warmed(day)]))[0]
        return self._now() - int(at) if at and at.isdigit() else math.inf

    def _now(self) -> int:
        """Unix seconds by the server's clock, the same for all processes."""
        return int(self._redis.time()[0])
