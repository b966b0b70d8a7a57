"""Follows the market by the change feed, as a program of somebody else's would."""

from typing import Any

from redis import Redis

from leaderboard import keys


class FeedReader:
    """Reads what changed since it last looked: the change feed, and the quotes of the symbols in it.

    Attributes:
        quotes: of each symbol, the newest one that it has read.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._revision = 0
        self._day = 0
        self.quotes: dict[str, bytes] = {}

    def read(self) -> None:
        """Catch up with the market. On a new day, or when Redis has lost revisions, it starts again."""
        day = int(self._redis.get(keys.SESSION) or 0) // 10
        if day != self._day or int(self._redis.get(keys.REVISION) or 0) < self._revision:
            self._day, self._revision, self.quotes = day, 0, {}
        changes: Any = self._redis.zrange(
            keys.CHANGES, f"({self._revision}", "+inf", byscore=True, withscores=True
        )
        if not changes:
            return
        symbols = [symbol.decode() for symbol, _ in changes]
        quotes: Any = self._redis.mget([keys.quote(symbol) for symbol in symbols])
        self.quotes |= dict(zip(symbols, quotes, strict=True))
        self._revision = int(changes[-1][1])
