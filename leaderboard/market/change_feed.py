"""Reads what has changed in the market since a revision: the session, the changed symbols and their quotes.

No script reads them: Redis would copy every quote into Lua and out again, which takes it eight times as long as
``MGET``. A transaction can list what has changed or read quotes whose symbols are known before, not both. So each
one reads the quotes that the one before has listed, and lists what has changed since: most often three of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import OutOfMemoryError

from leaderboard import keys
from leaderboard.connections.redis_values import checked, session, whole_number
from leaderboard.sessions import Session

#: Symbols that one transaction lists or reads at most, beside those of one batch. It bounds how long Redis is busy
#: with it: some 2 ms.
MOST_SYMBOLS = 4_000


@dataclass(frozen=True)
class Changes:
    """What has changed, as the market is at one moment.

    Attributes:
        session: the session clock; None before the first event.
        since: the revision after which these are the changes; 0: all of the day, whatever the reader had read.
        revision: up to which they are.
        time: the server's, Unix milliseconds.
        symbols: each once.
        revisions: for each, the one at which it last changed.
        quotes: for each, its row as JSON; None: it has expired.
        others: of several servers, the revisions of the others up to which they are; those of symbols are of the
            symbol's server.
        away: by the index of a server of which nothing was read, why.
    """

    session: Session | None
    since: int
    revision: int
    time: int
    symbols: Sequence[str]
    revisions: Sequence[int]
    quotes: Sequence[bytes | None]
    others: Sequence[int] = ()
    away: Mapping[int, Exception] = field(default_factory=dict)

    @property
    def positions(self) -> tuple[int, ...]:
        """The revision of each server up to which they are."""
        return (self.revision, *self.others)


class ChangeFeed:
    """The change feed of a Redis.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self, since: int = 0, session: Session | None = None) -> Changes:
        """What has changed since a revision.

        If the session clock is on another day by now, or Redis has lost data and its revision is lower, all rows
        of the day are read.

        Args:
            since: the revision up to which the caller has read; 0: it has read nothing.
            session: what the session clock was then.

        Raises:
            InvalidValueError: a key is of another type or does not hold what it should; the text names it.
            redis.exceptions.RedisError: Redis does not answer.
        """
        reading = _Reading(since, session)
        while not reading.done:
            with self._redis.pipeline() as pipe:
                reading.ask(pipe)
                reading.take(pipe.execute(raise_on_error=False))
        return reading.changes()


class AsyncChangeFeed:
    """The same with an asynchronous client, and also while the server's memory is full.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: AsyncRedis) -> None:
        self._redis = redis

    async def read(self, since: int = 0, session: Session | None = None) -> Changes:
        """What has changed since a revision: see :meth:`ChangeFeed.read`."""
        try:
            return await self._read(since, session, transaction=True)
        except OutOfMemoryError:
            # The server refuses transactions. It refuses all that would change the market too.
            return await self._read(since, session, transaction=False)

    async def _read(self, since: int, session: Session | None, *, transaction: bool) -> Changes:
        reading = _Reading(since, session)
        while not reading.done:
            async with self._redis.pipeline(transaction) as pipe:
                reading.ask(pipe)
                reading.take(await pipe.execute(raise_on_error=False))
        return reading.changes()


class _Reading:
    """The transactions of one reading, and what they have brought so far.

    Attributes:
        done: the quotes are those of the revision that was read last.
    """

    def __init__(self, since: int, session: Session | None) -> None:
        self.done = False
        self._since, self._day = since, session and session.day
        self._session: Session | None = None
        self._time = 0
        self._most = MOST_SYMBOLS
        # Up to which revision symbols were listed.
        self._listed = since
        self._revisions: dict[bytes, int] = {}
        self._quotes: dict[bytes, bytes | None] = {}
        # Symbols that were listed, and whose quotes the next transaction reads.
        self._pending: list[bytes] = []

    def ask(self, pipe: Any) -> None:
        """Add the commands of the next transaction to a pipeline of redis-py, blocking or asynchronous."""
        pipe.get(keys.SESSION)
        pipe.get(keys.REVISION)
        pipe.time()
        # One more than the limit shows whether these are all. Redis-py's own method also converts the scores: that
        # takes longer than all else.
        pipe.execute_command(
            *("ZRANGE", keys.CHANGES, f"({self._listed}", "+inf", "BYSCORE"),
            *("LIMIT", 0, self._most + 1, "WITHSCORES"),
        )
        if self._pending:
            prefix = keys.quote("").encode()
            pipe.mget([prefix + symbol for symbol in self._pending])

    def take(self, replies: Sequence[Any]) -> None:
        """Take the replies to :meth:`ask`."""
        clock, revision, time, listed, *quotes = replies
        self._session = session(clock)
        newest = whole_number(keys.REVISION, revision) or 0
        seconds, microseconds = checked(keys.REVISION, time, "a time")
        self._time = seconds * 1000 + microseconds // 1000
        pairs = _pairs(checked(keys.CHANGES, listed, "a sorted set"))
        day = self._session and self._session.day
        if day != self._day or newest < self._listed:
            self._start_again(day)
            return
        for each in quotes:
            self._quotes.update(zip(self._pending, checked(keys.quote(""), each, "a quote"), strict=True))
        self._list(pairs, newest)

    def _start_again(self, day: Any) -> None:
        self._day, self._since, self._listed = day, 0, 0
        self._revisions, self._quotes, self._pending = {}, {}, []

    def _list(self, listed: Sequence[tuple[bytes, float]], newest: int) -> None:
        """Note the symbols that have changed, and of which of them the quotes have to be read."""
        is_cut = len(listed) > self._most
        # Another program may have added symbols at revisions that do not exist.
        changed = [(symbol, int(revision)) for symbol, revision in listed if revision <= newest]
        if is_cut and changed:
            # The last revision may have more symbols than were listed: the next transaction lists all of it.
            newest = changed[-1][1] - 1
            if newest <= self._listed:
                self._most *= 2
            changed = [each for each in changed if each[1] <= newest]
        self._revisions.update(changed)
        read = set(self._pending)
        self._pending = [symbol for symbol, _ in changed if symbol not in read]
        self._listed = newest
        self.done = not self._pending and not is_cut

    def changes(self) -> Changes:
        symbols = [symbol.decode(errors="replace") for symbol in self._revisions]
        return Changes(
            self._session,
            self._since,
            self._listed,
            self._time,
            symbols,
            [*self._revisions.values()],
            [self._quotes[symbol] for symbol in self._revisions],
        )


def _pairs(reply: Sequence[Any]) -> list[tuple[bytes, float]]:
    """Members with their scores, as a sorted set's reply has them in version 2 or 3 of Redis's protocol."""
    if reply and isinstance(reply[0], bytes):
        return [*zip(reply[::2], map(float, reply[1::2]), strict=True)]
    return [(member, score) for member, score in reply]
