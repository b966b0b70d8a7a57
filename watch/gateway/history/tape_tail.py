"""The bars on a server's tape, which the recorder may not have stored yet, for candles up to now."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from redis.asyncio import Redis
from starlette.exceptions import HTTPException

from history.queries.candles import BAR, Bars, trading_span
from leaderboard import keys
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.sessions import Session
from leaderboard.tape import entries
from leaderboard.tape.entries import IN_EFFECT, Anchor, InvalidEntryError
from watch.gateway.limits import QUERY_DEADLINE, TAIL_BARS
from watch.gateway.shared_refresh import INTERVAL, SharedRefresh
from watch.gateway.supervisor import Supervisor

# Seconds after the last request in which readings go on.
_WARM = 60.0
# Entries that are read and decoded at a time: some milliseconds, in which nothing else of the gateway goes on.
_ENTRIES = 30
# Seconds for which stored bars stay: a query that began before they were stored may not have seen them.
_LINGER = QUERY_DEADLINE + 2 * INTERVAL

_Raw = tuple[bytes, dict[bytes, bytes]]


@dataclass
class Batch:
    """Bars that were applied together.

    Attributes:
        number: rises with each batch that is read.
        position: of their entry on the tape.
        events: the indices of the events in effect, by symbol.
        bars: an array of :data:`leaderboard.tape.entries.BAR`.
        stored_at: when it was seen that they are stored, by the monotonic clock; infinite: not yet.
    """

    number: int
    position: int
    events: dict[str, list[int]]
    bars: NDArray[np.void]
    stored_at: float = math.inf

    def of(self, symbol: str) -> Bars | None:
        """The bars of a symbol, rows of :data:`history.queries.candles.BAR`."""
        events = self.events.get(symbol)
        if events is None:
            return None
        found = self.bars[np.isin(self.bars["event"], events)]
        bars = np.empty(len(found), BAR)
        for name in BAR.names or ():
            bars[name] = found[name]
        return bars


class TapeTail:
    """The bars of a server's symbols that its tape holds, read as they come while somebody asks for them.

    The recorder removes from the tape what it has stored. So what the tape held when a query began and what the
    query finds stored are all bars together. A bar may be in both, which makes no difference to candles.

    Args:
        redis: the server.
        supervisor: runs the background work.
        numbers: the numbers of batches.

    Attributes:
        session: that the server shows; None: there is none, or it is not known yet.
        is_recorded: whether somebody records, so that the tape is written.
        losses: how often Redis was seen to have lost data, so that what was read before counts no more.
        number: of the last batch.
    """

    def __init__(self, redis: Redis, supervisor: Supervisor, numbers: Iterator[int]) -> None:
        self._redis = redis
        self._numbers = numbers
        self._shared = SharedRefresh("the tape", supervisor, self._read, self._forget, warm=_WARM)
        self.session: Session | None = None
        self.is_recorded = False
        self.losses = self.number = 0
        self._forget()

    def _forget(self) -> None:
        self._batches: deque[Batch] = deque()
        self._bars = 0
        # The last entry that was read.
        self._anchor: Anchor | None = None
        # Up to this position some are missing here, and may not be stored yet.
        self._missing_to = 0

    # --- the bars

    def bars(self, symbol: str, day: date) -> Bars:
        """The bars of a symbol in a trading day; see :func:`of_day`."""
        return of_day(self._batches, symbol, day)

    def since(self, number: int) -> list[Batch]:
        """The batches after the one of this number, in their order."""
        newer: list[Batch] = []
        for batch in reversed(self._batches):
            if batch.number <= number:
                break
            newer.append(batch)
        return newer[::-1]

    # --- reading

    async def caught_up(self) -> None:
        """Read all that the tape had when this was called. Callers that come together share one reading.

        Raises:
            HTTPException: the recorder is so far behind that not all bars can be kept here.
            InvalidValueError: a key holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        await self._shared.caught_up()

    async def run(self) -> None:
        """Keep it up until cancelled, while it is asked for."""
        await self._shared.run()

    async def _read(self) -> None:
        stored_to = await self._first_position()
        while raw := await self._next():
            for entry in raw:
                self._take(*entry)
            await asyncio.sleep(0)
        self._drop(stored_to)
        if self._missing_to > stored_to:
            raise HTTPException(503, f"the recorder is more than {TAIL_BARS:,} bars behind", {"Retry-After": "10"})

    async def _first_position(self) -> int:
        """The position of the tape's first entry: everything up to it is stored."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(keys.SESSION)
            pipe.exists(keys.RECORDING)
            pipe.xrange(keys.TAPE, count=1)
            session, is_recorded, first = await pipe.execute(raise_on_error=False)
        self.is_recorded = bool(redis_values.checked(keys.RECORDING, is_recorded, "a flag"))
        self.session = redis_values.session(session)
        found: Sequence[_Raw] = redis_values.checked(keys.TAPE, first, "a stream")
        return _position(found[0]) if found else 0

    async def _next(self) -> Sequence[_Raw]:
        """Entries after the last one that was read; if Redis has lost that, from the beginning."""
        after = self._anchor
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xrange(keys.TAPE, min=after.id if after else "-", count=_ENTRIES + 1)
            # Asked last: if the recorder removes the last entry before the other command, this shows it.
            pipe.xrange(keys.TAPE, count=1)
            replies = await pipe.execute(raise_on_error=False)
        following, first = (redis_values.checked(keys.TAPE, reply, "a stream") for reply in replies)
        if after is None:
            return list(following)
        if following and _position(following[0]) == after.position:
            if entries.decode(*following[0]).anchor == after:
                return list(following[1:])
        elif first and _position(first[0]) > after.position:
            # The recorder has stored and removed what was read last.
            return list(following)
        self._forget()
        self.losses += 1
        return await self._next()

    def _take(self, id: bytes, fields: dict[bytes, bytes]) -> None:
        try:
            entry = entries.decode(id, fields)
        except InvalidEntryError as error:
            raise InvalidValueError(keys.TAPE, "entries that this release knows") from error
        self._anchor = entry.anchor
        if not isinstance(entry, entries.Bars):
            return
        events: dict[str, list[int]] = {}
        for index, (symbol, outcome) in enumerate(zip(entry.symbols, entry.outcomes, strict=True)):
            if outcome in IN_EFFECT:
                events.setdefault(symbol, []).append(index)
        self.number = next(self._numbers)
        self._batches.append(Batch(self.number, entry.position, events, entry.bars))
        self._bars += len(entry.bars)
        while self._bars > TAIL_BARS:
            self._missing_to = self._drop_first().position

    def _drop_first(self) -> Batch:
        dropped = self._batches.popleft()
        self._bars -= len(dropped.bars)
        return dropped

    def _drop(self, stored_to: int) -> None:
        """Drop what has been stored long enough ago.

        Args:
            stored_to: the position up to which everything is stored.
        """
        now = time.monotonic()
        for batch in self._batches:
            if batch.position > stored_to:
                break
            batch.stored_at = min(batch.stored_at, now)
        while self._batches and self._batches[0].stored_at < now - _LINGER:
            self._drop_first()


def of_day(batches: Iterable[Batch], symbol: str, day: date) -> Bars:
    """The bars of a symbol in a trading day, as rows of :data:`history.queries.candles.BAR`."""
    found = [bars for batch in batches if (bars := batch.of(symbol)) is not None]
    if not found:
        return np.empty(0, BAR)
    bars = np.concatenate(found)
    starts, span = bars["start_timestamp"], trading_span(day)
    return bars[(starts >= span.start) & (starts < span.stop)]


def _position(entry: _Raw) -> int:
    return int(entry[0].partition(b"-")[0])
