"""Which symbols' reference data workers lack, for a task to fetch."""

import logging
import time
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple, cast

from redis import Redis

from leaderboard import keys
from leaderboard.brief import brief
from leaderboard.event import is_symbol

log = logging.getLogger(__name__)

#: Seconds until the next request starts another fetching task.
CALL = 5
#: Seconds for which a source counts as there after :meth:`PendingRequests.announce_source`. Its process calls that
#: with each fetch, every half minute.
SOURCE_TTL = 600
#: Seconds between two looks whether there is one.
SOURCE_CHECK = 10


class ReferenceRequest(NamedTuple):
    """A symbol, and the trading day for which its reference data is requested."""

    symbol: str
    day: date


class PendingRequests:
    """The unanswered requests of all processes: a set in Redis.

    Args:
        redis: the Redis of the boards.

    Attributes:
        had_source: whether any process had a source when :meth:`has_source` looked last.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.had_source = False
        self._next_check = 0.0

    def announce_source(self) -> None:
        """Tell processes without a source that there is one, so that they make requests."""
        self._redis.set(keys.REFERENCE_SOURCED, 1, ex=SOURCE_TTL)

    def has_source(self) -> bool:
        """Whether any process has a source, as of a few seconds ago."""
        if (now := time.monotonic()) >= self._next_check:
            self.had_source = bool(self._redis.exists(keys.REFERENCE_SOURCED))
            self._next_check = now + SOURCE_CHECK
        return self.had_source

    def add(self, requests: Collection[ReferenceRequest]) -> bool:
        """Add requests. Returns whether the caller has to start the task that fetches them."""
        self._redis.sadd(keys.REFERENCE_WANTED, *map(_member, requests))
        return bool(self._redis.set(keys.REFERENCE_CALLED, 1, nx=True, ex=CALL))

    def some(self, most: int) -> list[ReferenceRequest]:
        """Up to `most` of them. Members that are no request are removed."""
        members = cast(list[bytes], self._redis.srandmember(keys.REFERENCE_WANTED, most))
        parsed = {member: _parse(member) for member in members}
        requests = [request for request in parsed.values() if request]
        if junk := [member for member, request in parsed.items() if request is None]:
            log.warning("%s holds %s, which is removed", keys.REFERENCE_WANTED, brief(junk))
            self._redis.srem(keys.REFERENCE_WANTED, *junk)
            return requests or self.some(most)
        return requests

    def complete(self, requests: Collection[ReferenceRequest]) -> None:
        """Remove requests that have their answers."""
        if requests:
            self._redis.srem(keys.REFERENCE_WANTED, *map(_member, requests))


def _member(request: ReferenceRequest) -> str:
    return f"{request.symbol} {request.day:%Y%m%d}"


def _parse(member: bytes) -> ReferenceRequest | None:
    try:
        symbol, day = member.decode().split(" ")
        parsed = datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None
    return ReferenceRequest(symbol, parsed) if is_symbol(symbol) else None
