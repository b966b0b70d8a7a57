"""Who is asked for, cluster-wide: a set of wanted symbols, and leases that keep one task at a time at work."""

import logging
import math
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import cast

from redis import Redis
from redis.exceptions import LockError
from redis.lock import Lock

from leaderboard import keys
from leaderboard.event import brief, is_symbol
from leaderboard.reference.store import PREVIOUS_DAY_TTL, Wanted

log = logging.getLogger(__name__)

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
        """Up to `most` of those that wait for an answer. What is no symbol and day is removed."""
        members = cast(list[bytes], self._redis.srandmember(keys.REFERENCE_WANTED, most))
        parsed = {member: _wanted(member) for member in members}
        if junk := [member for member, wanted in parsed.items() if wanted is None]:
            log.warning("%s holds %s, which is removed", keys.REFERENCE_WANTED, brief(junk))
            self._redis.srem(keys.REFERENCE_WANTED, *junk)
            return [wanted for wanted in parsed.values() if wanted] or self.wanted(most)
        return [wanted for wanted in parsed.values() if wanted]

    def is_anything_wanted(self) -> bool:
        return bool(self.wanted(1))

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

    def seconds_since_warming(self, day: date) -> float:
        """Seconds since the whole market was asked for; infinite where it was not, or nobody can tell."""
        # MGET, as to it a key of another type is none.
        at = cast(list[bytes | None], self._redis.mget([keys.reference_warmed(day)]))[0]
        return self._now() - int(at) if at and at.isdigit() else math.inf

    def _now(self) -> int:
        """Unix seconds, the same on all machines."""
        return int(self._redis.time()[0])

    @contextmanager
    def _lock(self, name: str) -> Iterator[Lock | None]:
        lock = self._redis.lock(name, timeout=LEASE, blocking=False)
        if not lock.acquire() and not self._is_freed(name, lock):
            yield None
            return
        try:
            yield lock
        finally:
            # One that has run out is not given back: somebody else may hold it by now.
            if lock.owned():
                lock.release()

    def _is_freed(self, name: str, lock: Lock) -> bool:
        """Take a lease whose key is none: a task's expires, so one that does not would keep all out for ever."""
        if self._redis.ttl(name) != _NO_EXPIRY:
            return False
        log.warning("%s holds no task's lease, as it never expires; it is removed", name)
        self._redis.delete(name)
        return bool(lock.acquire())


# What TTL says of a key that lives until it is deleted.
_NO_EXPIRY = -1


def alive(lock: Lock) -> bool:
    """Prolong a lock. Returns False where it has run out: another task may be at work by now."""
    try:
        return bool(lock.reacquire())
    except LockError:
        return False


def _member(wanted: Wanted) -> str:
    return f"{wanted.symbol} {wanted.day:%Y%m%d}"


def _wanted(member: bytes) -> Wanted | None:
    try:
        symbol, day = member.decode().split(" ")
        parsed = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None
    return Wanted(symbol, parsed) if is_symbol(symbol) else None
