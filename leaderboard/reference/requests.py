"""Who is asked for, cluster-wide: a set of wanted symbols, and leases that keep one task at a time answering."""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from redis import Redis

from leaderboard import keys
from leaderboard.reference.store import PREVIOUS_DAY_TTL, Wanted

#: Seconds after which a fetching task that has given no sign of life counts as lost.
FETCH_LEASE = 60
#: The same for a warming, which asks for the whole market.
WARM_LEASE = 600


class Requests:
    """The symbols that workers met without reference data, and who is at work on them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ask(self, wanted: Collection[Wanted]) -> bool:
        """Note that `wanted` are wanted. Returns whether the caller is to start the task that fetches them."""
        self._redis.sadd(keys.REFERENCE_WANTED, *[f"{each.symbol} {each.day:%Y%m%d}" for each in wanted])
        return self.start_fetching()

    def start_fetching(self) -> bool:
        """Take the lease of fetching. Returns False where a task that lives holds it."""
        return bool(self._redis.set(keys.REFERENCE_FETCHING, 1, nx=True, ex=FETCH_LEASE))

    def wanted(self, most: int) -> list[Wanted]:
        """Up to `most` of those that wait for an answer; prolongs the lease."""
        self._redis.set(keys.REFERENCE_FETCHING, 1, ex=FETCH_LEASE)
        members = cast(list[bytes], self._redis.srandmember(keys.REFERENCE_WANTED, most))
        pairs = (member.decode().split() for member in members)
        return [Wanted(symbol, datetime.strptime(day, "%Y%m%d").date()) for symbol, day in pairs]  # noqa: DTZ007

    def pending(self) -> bool:
        """Whether anybody waits for an answer."""
        return bool(self._redis.scard(keys.REFERENCE_WANTED))

    def settle(self, wanted: Collection[Wanted]) -> None:
        """`wanted` have their answers."""
        self._redis.srem(keys.REFERENCE_WANTED, *[f"{each.symbol} {each.day:%Y%m%d}" for each in wanted])

    def stop_fetching(self) -> None:
        """Give the lease back."""
        self._redis.delete(keys.REFERENCE_FETCHING)

    def start_warming(self, owner: str) -> bool:
        """Take the lease of warming for `owner`, who may take it again. Returns False where another holds it."""
        if self._redis.set(keys.REFERENCE_WARMING, owner, nx=True, ex=WARM_LEASE):
            return True
        return self._redis.get(keys.REFERENCE_WARMING) == owner.encode()

    def warmed(self) -> None:
        """The whole market has been asked for."""
        self._redis.set(keys.REFERENCE_WARMED, 1, ex=PREVIOUS_DAY_TTL)

    def needs_warming(self) -> bool:
        """Whether no warming's figures live: at a first start, or after a night without one."""
        return not self._redis.exists(keys.REFERENCE_WARMED)
