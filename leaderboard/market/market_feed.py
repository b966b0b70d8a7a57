"""Reads what has changed in the market of one server or of several.

What several servers say is merged into changes of one session: only servers of the newest day count. If one has
lost data, or comes back after it was away, all of the day is read, as of one server.
"""

import asyncio
import builtins
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError, TimeoutError

from leaderboard.connections.questions import Questions
from leaderboard.connections.redis_errors import is_transient
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.market.change_feed import AsyncChangeFeed, ChangeFeed, Changes
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from leaderboard.store.shard_mark import marks_of

_Answers = Mapping[int, Changes | Exception]


class BehindError(RedisError):
    """A server shows an earlier day than others."""


class MarketFeed:
    """The change feeds of all servers as one.

    Args:
        shards: the servers of the boards.
        seconds: within which each but the first one has to answer.
    """

    def __init__(self, shards: Shards[Redis], seconds: float) -> None:
        self._feeds = [ChangeFeed(redis) for redis in shards]
        self._marks = marks_of(shards)
        self._questions = Questions(seconds)

    def read(self, since: Sequence[int] = (), session: Session | None = None, away: Iterable[int] = ()) -> Changes:
        """What has changed since positions: see :meth:`ChangeFeed.read`.

        Args:
            since: the revision of each server up to which the caller has read; empty: it has read nothing.
            session: what the session clock was then.
            away: indices of the servers of which nothing was read then.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: of the first server.
        """
        since = since or (0,) * len(self._feeds)
        if len(self._feeds) == 1:
            return self._feeds[0].read(since[0], session)
        answers = self._ask(_wanted(since, away), session)
        if _is_incomplete(since, session, away, answers):
            since, answers = (0,) * len(since), self._ask((0,) * len(since), None)
        return _merged(since, answers)

    def _ask(self, since: Sequence[int], session: Session | None) -> _Answers:
        questions = {n: partial(self._of, n, since[n], session) for n in range(1, len(self._feeds))}
        # The first server's time and session count, so it is read in this thread, before the others.
        first = self._of(0, since[0], session)
        return {0: first, **self._questions.ask(questions)}

    def _of(self, server: int, since: int, session: Session | None) -> Changes:
        # Rows of a server that this process takes for another one would be compared with wrong revisions.
        self._marks[server].check()
        return self._feeds[server].read(since, session)


class AsyncMarketFeed:
    """The same with asynchronous clients.

    Args:
        shards, seconds: as of :class:`MarketFeed`.
    """

    def __init__(self, shards: Shards[AsyncRedis], seconds: float) -> None:
        self._feeds = [AsyncChangeFeed(redis) for redis in shards]
        self._seconds = seconds

    async def read(
        self, since: Sequence[int] = (), session: Session | None = None, away: Iterable[int] = ()
    ) -> Changes:
        """What has changed since positions: see :meth:`MarketFeed.read`."""
        since = since or (0,) * len(self._feeds)
        if len(self._feeds) == 1:
            return await self._feeds[0].read(since[0], session)
        answers = await self._ask(_wanted(since, away), session)
        if _is_incomplete(since, session, away, answers):
            since, answers = (0,) * len(since), await self._ask((0,) * len(since), None)
        return _merged(since, answers)

    async def _ask(self, since: Sequence[int], session: Session | None) -> _Answers:
        first = await self._feeds[0].read(since[0], session)
        others = await asyncio.gather(*(self._of(n, since[n], session) for n in range(1, len(self._feeds))))
        return {0: first, **dict(enumerate(others, 1))}

    async def _of(self, server: int, since: int, session: Session | None) -> Changes | Exception:
        try:
            return await asyncio.wait_for(self._feeds[server].read(since, session), self._seconds)
        except builtins.TimeoutError:
            return TimeoutError(f"it has not answered within {self._seconds:g} s")
        except (RedisError, InvalidValueError) as error:
            return error


def _wanted(since: Sequence[int], away: Iterable[int]) -> list[int]:
    """From where each server is read: one that was away may have lost what the caller has read."""
    missed = {*away}
    return [0 if server in missed else revision for server, revision in enumerate(since)]


def _is_incomplete(since: Sequence[int], session: Session | None, away: Iterable[int], answers: _Answers) -> bool:
    """Whether the caller's rows have to be dropped, and all servers read from the beginning."""
    if not any(since):
        return False
    missed = {*away}
    read = {server: answer for server, answer in answers.items() if isinstance(answer, Changes)}
    newest = _day(_newest(read.values()))
    is_another_day = newest != _day(session)
    # A server that shows an earlier day still counts as away.
    read = {server: answer for server, answer in read.items() if _day(answer.session) == newest}
    return is_another_day or any(
        server in missed or (answer.since == 0 and since[server] > 0) for server, answer in read.items()
    )


def _merged(since: Sequence[int], answers: _Answers) -> Changes:
    away: dict[int, Exception] = {}
    read: dict[int, Changes] = {}
    for server, answer in answers.items():
        if isinstance(answer, Changes):
            read[server] = answer
        elif is_transient(answer) or isinstance(answer, InvalidValueError):
            away[server] = answer
        else:
            raise answer
    session = _newest(read.values())
    for server in [server for server, changes in read.items() if _day(changes.session) != _day(session)]:
        away[server] = BehindError(f"it shows {read.pop(server).session}, not {session}")
    first, *others = (read[server].revision if server in read else since[server] for server in range(len(since)))
    parts = [*read.values()]
    return Changes(
        session,
        max(since),
        first,
        _first(answers).time,
        [*chain.from_iterable(part.symbols for part in parts)],
        [*chain.from_iterable(part.revisions for part in parts)],
        [*chain.from_iterable(part.quotes for part in parts)],
        tuple(others),
        away,
    )


def _first(answers: _Answers) -> Changes:
    first = answers[0]
    assert isinstance(first, Changes)
    return first


def _newest(changes: Iterable[Changes]) -> Session | None:
    return max((each.session for each in changes if each.session), default=None)


def _day(session: Session | None) -> object:
    return session and session.day
