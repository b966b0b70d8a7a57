"""What a process remembers of the reference data in Redis."""

import time
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice
from threading import Lock
from typing import NamedTuple

from leaderboard.row import Frame


class Known(NamedTuple):
    """What one read of Redis told about a symbol.

    Attributes:
        version: changes with the data; empty where there never was any.
        frame: what rows are made with.
        due: whether a source is to be asked: nobody has answered yet, or the answer runs out soon.
    """

    version: str
    frame: Frame
    due: bool


class Copies:
    """A cache of :class:`Known` by trading day and symbol. Threads may share it.

    When it is full the oldest entries make room, those of days gone by first. So one symbol too many costs the
    next read of one symbol, never that of the whole market.

    Args:
        most: entries.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        # Until when a copy is trusted, on the monotonic clock, and what was known.
        self._days: dict[date, dict[str, tuple[float, Known]]] = {}
        # Only for changes: a read takes what stands there.
        self._changing = Lock()

    def __len__(self) -> int:
        return sum(map(len, [*self._days.values()]))

    def read(self, day: date, symbols: Iterable[str]) -> tuple[dict[str, Known], set[str]]:
        """What is remembered of `symbols` on `day`, and the symbols that have to be read from Redis."""
        now, copies = time.monotonic(), self._days.get(day, {})
        known: dict[str, Known] = {}
        missing: set[str] = set()
        for symbol in symbols:
            copy = copies.get(symbol)
            if copy and copy[0] > now:
                known[symbol] = copy[1]
            else:
                missing.add(symbol)
        return known, missing

    def add(self, day: date, fresh: Mapping[str, tuple[float, Known]]) -> None:
        """Remember what was just read.

        Args:
            day: for which it is known.
            fresh: by symbol, until when it is trusted, on the monotonic clock, and what is known.
        """
        with self._changing:
            copies = self._days.setdefault(day, {})
            for symbol in fresh:
                # Read anew is young again.
                copies.pop(symbol, None)
            copies |= fresh
            self._make_room()

    def _make_room(self) -> None:
        while (excess := len(self) - self.most) > 0:
            oldest = min(self._days)
            copies = self._days[oldest]
            for symbol in [*islice(copies, excess)]:
                del copies[symbol]
            if not copies:
                del self._days[oldest]

    def asked(self, day: date, symbol: str) -> None:
        """A source has been asked for a symbol: it is not due until it is read again."""
        with self._changing:
            copies = self._days.get(day, {})
            if copy := copies.get(symbol):
                until, known = copy
                copies[symbol] = until, known._replace(due=False)

    def forget(self, symbols: Iterable[str]) -> None:
        """Drop what is remembered of `symbols`: it is stale."""
        with self._changing:
            for symbol in symbols:
                for copies in self._days.values():
                    copies.pop(symbol, None)

    def clear(self) -> None:
        with self._changing:
            self._days.clear()
