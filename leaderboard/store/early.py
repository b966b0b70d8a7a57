"""Early bars: they arrived before their session started, and wait in Redis until it has.

A bar never rolls the session clock ahead of the wall clock. One that arrives a few seconds early, because a clock
is wrong, is neither lost nor late: it is kept here until its session starts, and removed once it has been applied.
"""

import math
from collections.abc import Sequence
from typing import cast

import msgspec
from redis import Redis

from leaderboard import keys
from leaderboard.event import Event, parse_json
from leaderboard.reason_kind import ReasonKind
from leaderboard.sessions import session_of
from leaderboard.validation import Refused

#: Early bars kept at most: what the market sends in half a minute, at some 300 bytes each.
MOST = 300_000
#: Bars that :meth:`EarlyBars.started` returns at most.
CHUNK = 5_000

#: Milliseconds between two looks for early bars that other processes have added.
LOOK_INTERVAL = 5_000

_encode = msgspec.json.Encoder().encode


class TooManyEarlyError(Exception):
    """There is no room for more early bars; they stay in their queue."""


class EarlyBars:
    """A sorted set of bars by the start of their session, as JSON in the wire's spelling.

    A bar that is added twice is kept once. Any number of processes may add, read and remove.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # When to look next for bars whose session has started, Unix milliseconds.
        self._next_look = 0.0

    def add(self, events: Sequence[Event]) -> int:
        """Keep bars until their session has started.

        Returns:
            When the first of their sessions starts, Unix milliseconds.

        Raises:
            TooManyEarlyError: there would be more than :data:`MOST`; none was added.
        """
        if self._redis.zcard(keys.EARLY) + len(events) > MOST:
            raise TooManyEarlyError(f"{MOST:,} bars wait for their session to begin: no more are taken until then")
        starts = [session_of(event.start_timestamp).start for event in events]
        self._redis.zadd(keys.EARLY, dict(zip(map(_encode, events), starts, strict=True)))
        first = min(starts)
        self._next_look = min(self._next_look, first)
        return first

    def is_due(self, now: int) -> bool:
        """Whether to call :meth:`started`: a session with early bars has started, or it is time to look again."""
        return now >= self._next_look

    def started(self, now: int, *, all_sessions: bool) -> list[bytes]:
        """Some of the bars whose session has started; those of a symbol are next to each other.

        Args:
            now: Unix milliseconds.
            all_sessions: every session counts as started.
        """
        end = math.inf if all_sessions else now
        texts = cast(list[bytes], self._redis.zrangebyscore(keys.EARLY, "-inf", end, start=0, num=CHUNK))
        self._next_look = 0.0 if texts else min(self.next_start(), now + LOOK_INTERVAL)
        return texts

    def next_start(self) -> float:
        """When the next session with early bars starts, Unix milliseconds; infinity if there are none."""
        first = cast(list[tuple[bytes, float]], self._redis.zrange(keys.EARLY, 0, 0, withscores=True))
        return first[0][1] if first else math.inf

    def remove(self, texts: Sequence[bytes]) -> None:
        """Remove bars that have been applied."""
        self._redis.zrem(keys.EARLY, *texts)


def parse_early(texts: Sequence[bytes]) -> tuple[list[Event], list[Refused]]:
    """Parse what :meth:`EarlyBars.started` returned; members that are no bar are refused.

    Args:
        texts: their JSON.
    """
    try:
        return parse_json(texts), []
    except ValueError:
        pass
    events: list[Event] = []
    refused: list[Refused] = []
    for index, text in enumerate(texts):
        try:
            events += parse_json([text])
        except ValueError:
            member = text.decode(errors="backslashreplace")
            refused.append(Refused(member, f"no bar, but a member of {keys.EARLY}", ReasonKind.NO_EVENT, index))
    return events, refused
