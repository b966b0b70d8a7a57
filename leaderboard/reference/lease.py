"""Leases in Redis: one task at a time does a piece of work, and another takes over when its process dies."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import LockError
from redis.lock import Lock

log = logging.getLogger(__name__)

#: Seconds after which a lease that was not renewed is free again.
LEASE = 60

# What TTL says of a key that never expires.
_NO_EXPIRY = -1


@contextmanager
def lease(redis: Redis, key: str, seconds: float = LEASE) -> Iterator[Lock | None]:
    """Hold the lease of a key; None if another process holds it.

    Args:
        redis: the Redis of the boards.
        key: of the lease.
        seconds: after which it is free again, unless it is renewed.
    """
    lock = redis.lock(key, timeout=seconds, blocking=False)
    if not lock.acquire() and not _takes_over(redis, key, lock):
        yield None
        return
    try:
        yield lock
    finally:
        # After it expired another task may hold it.
        if lock.owned():
            lock.release()


def renew(lock: Lock) -> bool:
    """Renew a lease. Returns False if it has expired: another task may hold it."""
    try:
        return bool(lock.reacquire())
    except LockError:
        return False


def _takes_over(redis: Redis, key: str, lock: Lock) -> bool:
    """Take a lease whose key never expires: no task's does, so it would keep all tasks out for ever."""
    if redis.ttl(key) != _NO_EXPIRY:
        return False
    log.warning("%s holds no task's lease, as it never expires; it is removed", key)
    redis.delete(key)
    return bool(lock.acquire())
