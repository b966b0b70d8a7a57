"""A process's view of the reference data: what is cached, else what is in Redis."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice

from redis import Redis

from leaderboard.reference.cache import CachedReference, ReferenceCache
from leaderboard.reference.figures import Reference
from leaderboard.reference.redis_reference import BATCH, RedisReference, StoredReference
from leaderboard.reference.requests import ReferenceRequest
from leaderboard.reference.template import RowTemplate
from leaderboard.shards import Shards

#: Seconds after which an unanswered request is made again.
REQUEST_AGAIN = 60
#: Seconds before an answer expires at which it is requested anew, so that no row loses its figures meanwhile.
RENEW_AHEAD = 1800
#: Symbols in the cache: several times the market, for past days and for symbols that nobody trades.
CACHE_SIZE = 50_000


class ReferenceStore:
    """Reads and writes reference data, and caches it for as long as it is valid in Redis. Threads may share it.

    Another process may have written newer data. The apply script compares versions and refuses rows that were made
    with old data.

    Args:
        shards: the servers of the boards.
        has_source: tells whether any process has a source. While none has, nothing is requested.
    """

    def __init__(self, shards: Shards[Redis], *, has_source: Callable[[], bool]) -> None:
        self._shards = Shards([*map(RedisReference, shards)])
        self._has_source = has_source
        self._is_requesting = False
        self._cache = ReferenceCache(CACHE_SIZE)
        # Of each server, the newest day for which its whole market was read.
        self._read_for = [date.min] * len(shards)

    def read(self, day: date, symbols: Iterable[str]) -> dict[str, CachedReference]:
        """What is known of `symbols` on `day`."""
        if self._has_source() != self._is_requesting:
            # Cached entries say the wrong thing of what needs a request.
            self._is_requesting = not self._is_requesting
            self._cache.clear()
            self._read_for = [date.min] * len(self._shards)
        cached, missing = self._cache.get(day, symbols)
        for shard, symbols_of in self._shards.split(missing, str).items():
            fresh = self._read_through(shard, day, {*symbols_of})
            cached |= {symbol: fresh[symbol] for symbol in symbols_of}
        return cached

    def _read_through(self, shard: int, day: date, symbols: set[str]) -> dict[str, CachedReference]:
        """Read `symbols` from their server into the cache, and at a day's first read all that it knows."""
        redis, names = self._shards[shard], [*symbols]
        if day > self._read_for[shard]:
            # Nearly all other symbols follow, and each of their batches would wait for a read. Past days are
            # different: few symbols are wanted of each.
            self._read_for[shard] = day
            names += islice(redis.symbols() - symbols, max(0, self._cache.size - len(symbols)))
        now, entries = time.monotonic(), dict[str, tuple[float, CachedReference]]()
        for start in range(0, len(names), BATCH):
            entries |= self._load(redis, day, names[start : start + BATCH], now)
        self._cache.put(day, entries)
        return {symbol: cached for symbol, (_, cached) in entries.items()}

    def _load(
        self, redis: RedisReference, day: date, symbols: Sequence[str], now: float
    ) -> dict[str, tuple[float, CachedReference]]:
        loaded: dict[str, tuple[float, CachedReference]] = {}
        for symbol, stored in zip(symbols, redis.load(day, symbols), strict=True):
            needs_request, valid_for = self._judge(stored)
            cached = CachedReference(stored.version, RowTemplate(symbol, stored.reference), needs_request)
            loaded[symbol] = now + valid_for, cached
        return loaded

    def _judge(self, stored: StoredReference) -> tuple[bool, float]:
        """Whether a symbol needs a request, and the seconds for which this and its figures are valid."""
        if not self._is_requesting:
            return False, stored.valid_for
        until_request = stored.ttl - RENEW_AHEAD
        needs_request = until_request < 0
        return needs_request, min(stored.valid_for, REQUEST_AGAIN if needs_request else until_request)

    def invalidate(self, symbols: Iterable[str]) -> None:
        """Drop `symbols` from the cache: what is cached is stale."""
        self._cache.invalidate(symbols)

    def mark_requested(self, requests: Iterable[ReferenceRequest]) -> None:
        """Note that `requests` were made: no others are needed until the process reads these symbols anew."""
        for symbol, day in requests:
            self._cache.mark_requested(day, symbol)

    def learn(self, day: date, answers: Mapping[str, Reference | None]) -> int:
        """Store a source's answers; see :meth:`leaderboard.reference.redis_reference.RedisReference.save`.

        Raises:
            AwayError: servers are away; the answers of the others' symbols were stored.
        """
        try:
            return sum(
                self._shards.do(
                    answers,
                    str,
                    lambda redis, symbols: redis.save(day, {symbol: answers[symbol] for symbol in symbols}),
                )
            )
        finally:
            self.invalidate(answers)
