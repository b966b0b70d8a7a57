"""The reference data that a process keeps in memory."""

import time
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice
from threading import Lock
from typing import NamedTuple

from leaderboard.reference.template import RowTemplate


class CachedReference(NamedTuple):
    """A symbol's reference data as it was read from Redis.

    Attributes:
        version: changes with the data; empty if there never was any.
        template: the part of the symbol's rows that the data decides.
        needs_request: whether a source has to be asked: it has not answered yet, or its answer expires soon.
    """

    version: str
    template: RowTemplate
    needs_request: bool


class ReferenceCache:
    """Bounded, by trading day and symbol, thread-safe.

    When it is full, the oldest entries of the oldest day are evicted. So one symbol too many costs one symbol's
    read, never that of the whole market.

    Args:
        size: entries at most.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        # When each entry becomes stale, on the monotonic clock, and the entry.
        self._days: dict[date, dict[str, tuple[float, CachedReference]]] = {}
        # For changes only: readers take what is there.
        self._changing = Lock()

    def __len__(self) -> int:
        return sum(map(len, [*self._days.values()]))

    def get(self, day: date, symbols: Iterable[str]) -> tuple[dict[str, CachedReference], set[str]]:
        """The entries of `symbols` that are not stale, and the symbols without one."""
        now, entries = time.monotonic(), self._days.get(day, {})
        cached: dict[str, CachedReference] = {}
        missing: set[str] = set()
        for symbol in symbols:
            entry = entries.get(symbol)
            if entry and entry[0] > now:
                cached[symbol] = entry[1]
            else:
                missing.add(symbol)
        return cached, missing

    def put(self, day: date, entries: Mapping[str, tuple[float, CachedReference]]) -> None:
        """Add or replace entries.

        Args:
            day: the trading day they are for.
            entries: by symbol, when the entry becomes stale, on the monotonic clock, and the entry.
        """
        with self._changing:
            of_day = self._days.setdefault(day, {})
            for symbol in entries:
                # So that a replaced entry counts as the newest.
                of_day.pop(symbol, None)
            of_day |= entries
            self._evict()

    def _evict(self) -> None:
        while (excess := len(self) - self.size) > 0:
            oldest = min(self._days)
            entries = self._days[oldest]
            for symbol in [*islice(entries, excess)]:
                del entries[symbol]
            if not entries:
                del self._days[oldest]

    def mark_requested(self, day: date, symbol: str) -> None:
        """Note that a source was asked for a symbol: no other request is needed until the entry is read anew."""
        with self._changing:
            entries = self._days.get(day, {})
            if entry := entries.get(symbol):
                stale_at, cached = entry
                entries[symbol] = stale_at, cached._replace(needs_request=False)

    def invalidate(self, symbols: Iterable[str]) -> None:
        """Drop the entries of `symbols`, of all days."""
        with self._changing:
            for symbol in symbols:
                for entries in self._days.values():
                    entries.pop(symbol, None)

    def clear(self) -> None:
        with self._changing:
            self._days.clear()
