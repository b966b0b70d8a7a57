"""The candles of a symbol on a recorded day."""

from datetime import date
from pathlib import Path

import numpy as np

from history.errors import NothingRecordedError
from history.known_gap import KnownGap
from history.queries.boards_at import PastDays
from history.queries.candles import (
    BAR,
    UNSHOWN,
    Bars,
    DayCandles,
    DayHours,
    Interval,
    needs_unshown,
    resample,
)
from history.queries.symbol_bars import SymbolDay


def day_candles(
    folder: Path,
    symbol: str,
    day: date,
    interval: Interval,
    live: Bars | None = None,
    is_recorded: bool | None = None,
) -> DayCandles:
    """The candles.

    Args:
        folder: where history is recorded.
        symbol: whose.
        day: the trading day.
        interval: of the candles.
        live: bars of the day that may not be stored yet; they may be stored as well.
        is_recorded: as of :class:`history.queries.candles.DayCandles`.

    Raises:
        NothingRecordedError: there are no live bars, and nothing is recorded of the day.
    """
    live = np.empty(0, BAR) if live is None else live
    gaps: list[KnownGap] = []
    try:
        stored = SymbolDay(folder, symbol, day)
        bars, gaps = _bars(stored, live), stored.gaps()
    except NothingRecordedError:
        # The day begins: its bars are all on the tape.
        if not len(live):
            raise
        bars = live
    return DayCandles(symbol, day, interval, DayHours.of(day), gaps, resample(bars, interval), is_recorded)


def candles_at(folder: Path, symbol: str, at: int, interval: Interval) -> DayCandles:
    """The candles as they stood at a second, with the bars of which the boards that were published then knew.

    Args:
        folder: where history is recorded.
        symbol: whose.
        at: the second, Unix milliseconds. It says which day is meant.
        interval: of the candles.

    Raises:
        NothingRecordedError: it is not known what was published then.
    """
    recorded, tick = PastDays(folder).last_tick("boards", at)
    day = recorded.day.date
    stored = SymbolDay(folder, symbol, day, tick.position)
    candles = resample(_bars(stored, np.empty(0, BAR)), interval)
    return DayCandles(symbol, day, interval, DayHours.of(day), stored.gaps(), candles)


def _bars(stored: SymbolDay, live: Bars) -> Bars:
    bars = np.concatenate([stored.bars(unread=UNSHOWN), live])
    return np.concatenate([stored.bars(), live]) if needs_unshown(bars) else bars
