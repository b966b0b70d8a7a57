"""Who is asked for, cluster-wide: a set of wanted symbols, and locks that keep one task at a time at work."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import cast

from redis import Redis
from redis.exceptions import LockError
from redis.lock import Lock

from leaderboard import keys
from leaderboard.reference.store import PREVIOUS_DAY_TTL, Wanted

#: Seconds after which a task that has given no sign of life counts as lost.
LEASE = 60
#: Seconds in which a second call for a fetching task is not needed.
CALL = 5
#: Seconds for which a process with a source counts as there. It says so whenever it fetches, each half minute.
SOURCED = 600
#: Seconds between two looks whether one is there.
LOOK = 10
#: Seconds in which a second warming for the same day is not needed.
FRESH = 600


class Requests:
    """The symbols that workers met without reference data, and who is at work on them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._is_sourced = False
        self._look_at = 0.0

    def source(self) -> None:
        """Tell those without a source that there is one that answers."""
        self._redis.set(keys.REFERENCE_SOURCED, 1, ex=SOURCED)

    def is_sourced(self) -> bool:
        """Whether some process has a source, as of a few seconds ago."""
        if (now := time.monotonic()) >= self._look_at:
            self._is_sourced = bool(self._redis.exists(keys.REFERENCE_SOURCED))
            self._look_at = now + LOOK
        return self._is_sourced

    def ask(self, wanted: Collection[Wanted]) -> bool:
        """Note that `wanted` are wanted. Returns whether the caller is to start the task that fetches them."""
        self._redis.sadd(keys.REFERENCE_WANTED, *map(_member, wanted))
        return bool(self._redis.set(keys.REFERENCE_CALLED, 1, nx=True, ex=CALL))

    def wanted(self, most: int) -> list[Wanted]:
        """Up to `most` of those that wait for an answer."""
        members = cast(list[bytes], self._redis.srandmember(keys.REFERENCE_WANTED, most))
        return [_wanted(member.decode()) for member in members]

    def settle(self, wanted: Collection[Wanted]) -> None:
        """`wanted` have their answers."""
        self._redis.srem(keys.REFERENCE_WANTED, *map(_member, wanted))

    @contextmanager
    def fetching(self) -> Iterator[Lock | None]:
        """Holds the lock of fetching; None where another task holds it."""
        with self._lock(keys.REFERENCE_FETCHING) as lock:
            yield lock

    @contextmanager
    def warming(self, day: date) -> Iterator[Lock | None]:
        """Holds the lock of warming for `day`; None where another task holds it."""
        with self._lock(keys.reference_warming(day)) as lock:
            yield lock

    def is_warming(self, day: date) -> bool:
        """Whether a task is at it."""
        return bool(self._redis.exists(keys.reference_warming(day)))

    def warmed(self, day: date) -> None:
        """The whole market has been asked for."""
        self._redis.set(keys.reference_warmed(day), self._now(), ex=PREVIOUS_DAY_TTL)

    def warmed_since(self, day: date, seconds: float) -> bool:
        """Whether the whole market was asked for within the last `seconds`."""
        at = cast(bytes | None, self._redis.get(keys.reference_warmed(day)))
        return at is not None and self._now() - int(at) < seconds

    def _now(self) -> int:
        """Unix seconds, the same on all machines."""
        return int(self._redis.time()[0])

    @contextmanager
    def _lock(self, name: str) -> Iterator[Lock | None]:
        lock = self._redis.lock(name, timeout=LEASE, blocking=False)
        if not lock.acquire():
            yield None
            return
        try:
            yield lock
        finally:
            # One that has run out is not given back: somebody else may hold it by now.
            if lock.owned():
                lock.release()


def alive(lock: Lock) -> bool:
    """Prolong a lock. Returns False where it has run out: another task may be at work by now."""
    try:
        return bool(lock.reacquire())
    except LockError:
        return False


def _member(wanted: Wanted) -> str:
    return f"{wanted.symbol} {wanted.day:%Y%m%d}"


def _wanted(member: str) -> Wanted:
    symbol, day = member.split()
    return Wanted(symbol, datetime.strptime(day, "%Y%m%d").date())  # noqa: DTZ007 - a day has no time zone
