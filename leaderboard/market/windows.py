"""The windows: each symbol's row against itself 60 and 300 seconds before, whichever process computes them.

With each published tick its publisher adds to the stream :data:`leaderboard.keys.TICKS` what has changed since
the tick before. So whoever reads the stream knows how each symbol stood at each of its ticks: as its last change
left it or, if that is older than the stream, as it was before its next change. A process that has just started
has the same windows as one that never stopped.
"""

import logging
import math
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from leaderboard import keys
from leaderboard.connections.redis_values import checked
from leaderboard.doubles import GREATEST
from leaderboard.fields import WINDOWS, Window
from leaderboard.market.table import NO_ROW, MarketTable, Numbers, Rows

#: The field of the stream's entries that has the packed tick.
FIELD = "tick"
#: Ticks that one command reads. It bounds how long Redis is busy with it.
MOST_TICKS = 20

log = logging.getLogger(__name__)

_FIELDS = tuple(dict.fromkeys(window.field for window in WINDOWS))
_SPANS = tuple(sorted({window.seconds for window in WINDOWS}))
# The slot of the tick before, or 0; the day, YYYYMMDD; the revision; how many symbols have changed.
_HEAD = struct.Struct("<qqqq")
# The last fifth of an interval counts as the next slot, so a call gets the slot that it is meant for.
_EARLY = 0.2


def slot_of(time: int, interval: float) -> int:
    """The number of the slot in which a tick is published, as ``snapshot.lua`` counts them.

    Args:
        time: the server's, Unix milliseconds.
        interval: seconds between two ticks.
    """
    return math.floor(time / 1000 / interval + _EARLY)


def slots_kept(interval: float) -> int:
    """How many slots the stream has to reach back: the longest window, and two more.

    Args:
        interval: seconds between two ticks.
    """
    return round(max(_SPANS) / interval) + 2


@dataclass(frozen=True)
class Tick:
    """What one tick has changed since the one before.

    Attributes:
        slot: the tick's.
        previous: slot of the tick before; 0: the publisher knew none of the day.
        day: ``YYYYMMDD``.
        revision: up to which changes are part of it; of several servers, the first one's.
        symbols: those that have changed.
        before: shape (fields of windows, symbols): their rows as at the tick before; NaN: not known, or there was
            none.
        after: their rows as at this tick.
        others: of several servers, the revisions of the others.
    """

    slot: int
    previous: int
    day: int
    revision: int
    symbols: Sequence[str]
    before: Numbers
    after: Numbers
    others: tuple[int, ...] = ()

    @property
    def positions(self) -> tuple[int, ...]:
        """The revision of each server up to which changes are part of it."""
        return (self.revision, *self.others)

    def pack(self) -> bytes:
        """All but the slot, which is the entry's id."""
        head = _HEAD.pack(self.previous, self.day, self.revision, len(self.symbols))
        numbers = np.concatenate((self.before, self.after)).astype("<f8").tobytes()
        others = "\n" + " ".join(map(str, self.others)) if self.others else ""
        return head + numbers + (" ".join(self.symbols) + others).encode()

    @classmethod
    def parse(cls, slot: int, packed: bytes) -> Self:
        """Read what :meth:`pack` has written.

        Raises:
            ValueError: it is something else.
        """
        try:
            previous, day, revision, count = _HEAD.unpack_from(packed)
        except struct.error as error:
            raise ValueError("the head of the tick is cut off") from error
        shape = (2, len(_FIELDS), count)
        numbers = np.frombuffer(packed, "<f8", math.prod(shape), _HEAD.size).reshape(shape).astype(np.float64)
        names, _, others = packed[_HEAD.size + numbers.nbytes :].decode().partition("\n")
        symbols = names.split()
        if len(symbols) != count:
            raise ValueError(f"the tick has {len(symbols)} symbols instead of {count}")
        return cls(slot, previous, day, revision, symbols, numbers[0], numbers[1], tuple(map(int, others.split())))


class _Step(NamedTuple):
    """What is kept of a tick: its slot, that of the tick before, and how it left the rows that it changed."""

    slot: int
    previous: int
    rows: Rows
    after: Numbers


class _Past:
    """How all rows stood some slots ago.

    Args:
        slots: how many.

    Attributes:
        numbers: shape (fields of windows, rows); NaN: not known.
        younger: the ticks that are not part of it yet.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self.numbers = _no_numbers()
        self.younger: deque[_Step] = deque()

    def move(self, slot: int) -> bool:
        """Move on, so that it is some slots before `slot`. Returns whether the ticks reach back that far."""
        target = slot - self._slots
        while self.younger and self.younger[0].slot <= target:
            step = self.younger.popleft()
            self.numbers[:, step.rows] = step.after
        return not self.younger or 0 < self.younger[0].previous <= target


class Windows:
    """Keeps the windows of a table up to date.

    It keeps 20 bytes for each symbol that a tick of the last 300 seconds has changed: 18 MB for 3,000 changes a
    second, and at most 66 MB for 11,000 symbols that all change each second. The stream has 40 bytes for each.

    Args:
        table: to which it adds the values of the windows.
        interval: seconds between two ticks.

    Attributes:
        misses_ticks: whether the last call did not find the tick that follows those of earlier calls. It was
            removed because of its age, or Redis has lost data.
    """

    def __init__(self, table: MarketTable, interval: float) -> None:
        self._table = table
        self._interval = interval
        self.misses_ticks = False
        self._start_again()

    def _start_again(self) -> None:
        self._resets = self._table.resets
        # Where to read on in the stream.
        self._next = "-"
        self._forget()

    def _forget(self) -> None:
        # The last tick's slot and positions; before the first one of the day 0.
        self._slot, self._positions = 0, (0,) * len(self._table.positions)
        # The last tick's slot when the present call began.
        self._slot_before = 0
        # Slot of the tick that this process has published itself, until it is read; else 0.
        self._published = 0
        # How the rows stood at the last tick.
        self._last = _no_numbers()
        # The rows of which that is known.
        self._known: NDArray[np.bool_] = np.empty(0, bool)
        self._pasts = {seconds: _Past(round(seconds / self._interval)) for seconds in _SPANS}

    def read(self, redis: Redis, slot: int) -> None:
        """Read the ticks that were published since the last call, and put the windows into the table.

        Args:
            redis: the Redis of the boards.
            slot: the present one.

        Raises:
            InvalidValueError: the stream's key is of another type.
            redis.exceptions.RedisError: Redis does not answer.
        """
        self._prepare(slot)
        done = False
        while not done:
            with redis.pipeline(transaction=False) as pipe:
                self._ask(pipe, slot)
                done = self._take(*pipe.execute(raise_on_error=False))
        self._put(slot)

    async def read_async(self, redis: AsyncRedis, slot: int) -> None:
        """The same with an asynchronous client: see :meth:`read`."""
        self._prepare(slot)
        done = False
        while not done:
            async with redis.pipeline(transaction=False) as pipe:
                self._ask(pipe, slot)
                done = self._take(*await pipe.execute(raise_on_error=False))
        self._put(slot)

    def tick(self) -> bytes:
        """What has changed since the last tick, packed: the tick of the slot that was read last.

        It may be published only while that slot lasts: else another process may have published a tick meanwhile.
        """
        session = self._table.session
        rows = np.flatnonzero(self._table.changed_since(self._positions))
        after = np.array([self._table.column(name)[rows] for name in _FIELDS])
        symbols = [self._table.symbols[row] for row in rows]
        day = session.day_number if session else 0
        # Of a server that is away an earlier tick may know more than this table.
        revision, *others = map(max, self._table.positions, self._positions)
        return Tick(0, self._slot, day, revision, symbols, self._last[:, rows], after, tuple(others)).pack()

    @property
    def begin_now(self) -> bool:
        """Whether the tick of the slot that was read last is the first of the day that anybody knows."""
        return self._slot == 0

    def note_published(self, slot: int) -> None:
        """Note that the tick of a slot was published, and has to be the next one that is read."""
        # Before the first session ticks are of no day, and never kept.
        self._published = slot if self._table.session else 0

    def _prepare(self, slot: int) -> None:
        self.misses_ticks = False
        # A tick of a later slot is from before the server's clock was set back; the next publisher deletes it.
        if self._resets != self._table.resets or slot < self._slot:
            self._start_again()
        self._slot_before = self._slot

    def _ask(self, pipe: Any, slot: int) -> None:
        pipe.xrange(keys.TICKS, self._next, f"{slot}-0", count=MOST_TICKS)

    def _take(self, reply: Any) -> bool:
        """Take the reply to :meth:`_ask`. Returns whether these were all ticks."""
        session = self._table.session
        entries = checked(keys.TICKS, reply, "a stream")
        for entry, fields in entries:
            try:
                tick = Tick.parse(int(entry.split(b"-")[0]), fields.get(FIELD.encode(), b""))
            except ValueError as error:
                log.error("the entry %s of %s was ignored: %s", entry.decode(), keys.TICKS, error)
            else:
                if self._is_later(tick):
                    # It was published after the table was read: it comes with the next call.
                    return True
                # Ticks of another day, or of another number of servers, are left over.
                if session and tick.day == session.day_number and len(tick.positions) == len(self._positions):
                    self._add(tick)
            self._next = f"({entry.decode()}"
        return len(entries) < MOST_TICKS

    def _is_later(self, tick: Tick) -> bool:
        """Whether a tick has changes that the table lacks, of a server that is not away."""
        positions = self._table.positions
        return len(tick.positions) == len(positions) and any(
            theirs > ours
            for server, (theirs, ours) in enumerate(zip(tick.positions, positions, strict=True))
            if server not in self._table.away
        )

    def _make_room(self) -> None:
        room = len(self._table) - len(self._known)
        if room > 0:
            self._known = np.pad(self._known, (0, room))
            self._last = _widened(self._last, room)
            for past in self._pasts.values():
                past.numbers = _widened(past.numbers, room)

    def _add(self, tick: Tick) -> None:
        if tick.previous != self._slot:
            self.misses_ticks |= 0 < self._slot == self._slot_before
            self._forget()
        self._make_room()
        rows = self._table.rows(tick.symbols)
        here = rows != NO_ROW
        rows, before, after = rows[here].astype(np.int32), tick.before[:, here], tick.after[:, here]
        # Until this tick, a row without an earlier one stood as it did before this one. If the publisher did not
        # know how it stood, nobody may: else the windows would depend on who computes them.
        first = ~self._known[rows] | np.isnan(before[0])
        for past in self._pasts.values():
            # Ticks that the publisher could not read any more are not younger, also if this process has slept.
            past.move(tick.slot)
            past.numbers[:, rows[first]] = before[:, first]
            past.younger.append(_Step(tick.slot, tick.previous, rows, after))
        self._last[:, rows] = after
        self._known[rows] = True
        self._slot, self._positions = tick.slot, tick.positions
        if tick.slot == self._published:
            self._published = 0

    def _put(self, slot: int) -> None:
        self.misses_ticks |= self._published > 0
        self._make_room()
        # Rows that have not changed since the first tick that was read are now as they were then.
        same = np.flatnonzero(~self._known & ~self._table.changed_since(self._positions))
        self._known[same] = True
        for numbers in (self._last, *(past.numbers for past in self._pasts.values())):
            numbers[:, same] = [self._table.column(name)[same] for name in _FIELDS]
        reaches = {seconds: past.move(slot) and self._slot > 0 for seconds, past in self._pasts.items()}
        self._table.set_windows(
            [self._values(window) if reaches[window.seconds] else np.nan for window in WINDOWS]
        )

    def _values(self, window: Window) -> Numbers:
        now = self._table.column(window.field)
        then = self._pasts[window.seconds].numbers[_FIELDS.index(window.field)]
        difference: Numbers = now - then
        if not window.is_percent:
            return difference
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            percent: Numbers = np.minimum(difference / then * 100, GREATEST)
        percent[then == 0] = np.nan
        return percent


def _no_numbers() -> Numbers:
    return np.empty((len(_FIELDS), 0))


def _widened(numbers: Numbers, room: int) -> Numbers:
    return np.pad(numbers, ((0, 0), (0, room)), constant_values=np.nan)
