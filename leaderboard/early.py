"""Bars that come before their session has begun, kept in Redis until it has.

No bar rolls the session clock ahead of the wall's. One that comes a few seconds early, because a clock is slow, is
neither lost nor late: it waits here, and is removed only once it is applied.
"""

import math
from collections.abc import Sequence
from typing import cast

import msgspec
from redis import Redis

from leaderboard import keys
from leaderboard.event import Event, Refused, parse_plain
from leaderboard.sessions import session_of

#: Bars that wait at most: all that the market sends in half a minute. Some 300 bytes each.
MOST = 300_000
#: Bars that are taken at a time.
CHUNK = 5_000

_encode = msgspec.json.Encoder().encode


class TooManyEarlyError(Exception):
    """No more bars can wait for their session here; they have to wait where they are."""


class EarlyBars:
    """A sorted set of bars, as JSON in the wire's spelling, by the start of their session.

    A bar that comes twice is there once. Any number of processes may add, read and remove.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def add(self, events: Sequence[Event]) -> None:
        """Keep bars until their session has begun.

        Raises:
            TooManyEarlyError: :data:`MOST` wait already; none was added.
        """
        if self._redis.zcard(keys.EARLY) + len(events) > MOST:
            raise TooManyEarlyError(f"{MOST:,} bars wait for their session to begin: no more are taken until then")
        self._redis.zadd(keys.EARLY, {_encode(event): session_of(event.start_timestamp).start for event in events})

    def begun(self, now: float) -> list[bytes]:
        """Some of those whose session has begun by `now`, Unix milliseconds; bars of a symbol stand together."""
        return cast(list[bytes], self._redis.zrangebyscore(keys.EARLY, "-inf", now, start=0, num=CHUNK))

    def next_start(self) -> float:
        """When the next session begins that bars wait for, Unix milliseconds; infinity where none does."""
        first = cast(list[tuple[bytes, float]], self._redis.zrange(keys.EARLY, 0, 0, withscores=True))
        return first[0][1] if first else math.inf

    def remove(self, texts: Sequence[bytes]) -> None:
        """Forget bars that have been applied."""
        self._redis.zrem(keys.EARLY, *texts)


def parse_early(texts: Sequence[bytes], now: int) -> tuple[Sequence[Event], list[Refused]]:
    """The bars of what :meth:`EarlyBars.begun` returned, and what is none: somebody else's.

    Args:
        texts: their JSON.
        now: Unix milliseconds.
    """
    if (plain := parse_plain(texts, now, allow_future=True)) is not None:
        return plain, []
    events: list[Event] = []
    refused: list[Refused] = []
    for text in texts:
        one = parse_plain([text], now, allow_future=True)
        if one is None:
            refused.append(
                Refused(text.decode(errors="backslashreplace"), f"no bar, but a member of {keys.EARLY}")
            )
        else:
            events += one
    return events, refused
