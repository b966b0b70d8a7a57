"""Counters in the boards' Redis, which must not fall behind what the archive has."""

from typing import cast

from redis import Redis


def raise_counter(redis: Redis, key: str, at_least: int) -> None:
    """Raise a counter if it is lower; others may count on meanwhile.

    Args:
        redis: the Redis of the boards.
        key: of the counter; one that does not exist is 0.
        at_least: its least value afterwards.

    Raises:
        redis.exceptions.RedisError: Redis does not answer, or refuses.
    """
    if (missing := at_least - int(cast(bytes | None, redis.get(key)) or 0)) > 0:
        redis.incrby(key, missing)
