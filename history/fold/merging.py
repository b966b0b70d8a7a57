"""Merges bars into the state of their symbols. Neither their order nor redelivered ones change the result."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from history.fold.groups import greatest, least
from history.fold.state import NEWEST
from leaderboard.fields import TIE_BREAKS

#: Columns of a state, by row number; there may be room for more rows.
Columns = Mapping[str, NDArray[Any]]
#: Bars by column, all of one length: those of :data:`leaderboard.tape.entries.BAR`, and ``open_start`` and
#: ``open_end``: of the bar whose open price each has.
Bars = Mapping[str, NDArray[Any]]
Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: Which of two bars of a symbol is newer, and of two of its regular hours.
_NEWNESS = ("end_timestamp", "accumulated_volume", "start_timestamp", *TIE_BREAKS)
_CLOSENESS = ("end_timestamp", "accumulated_volume", "start_timestamp", "close")
_OF_CLOSE = ("regular_close_end", "regular_close_volume", "regular_close_start", "regular_close")


def merge(columns: Columns, rows: Rows, bars: Bars, opening: int, close: int) -> None:
    """Merge bars of one trading day.

    Args:
        columns: to merge into.
        rows: of each bar its symbol's row.
        bars: of the day that the columns are of.
        opening: when its regular session starts, Unix milliseconds.
        close: when its regular hours end, Unix milliseconds.
    """
    starts = bars["start_timestamp"]
    pre = starts < opening
    _merge_newest(columns, rows, bars)
    _merge_opens(columns, rows, bars, pre, "pre_open")
    _merge_opens(columns, rows, bars, ~pre, "regular_open")
    highs, lows = (np.where(bars[name] == 0, bars["close"], bars[name]) for name in ("high", "low"))
    merge_highs(columns, rows, highs, bars["end_timestamp"])
    _merge_price(columns, rows, lows, "day_low", np.less)
    if pre.any():
        _merge_price(columns, rows[pre], highs[pre], "pre_high", np.greater)
        _merge_price(columns, rows[pre], lows[pre], "pre_low", np.less)
    merge_closes(columns, rows, [bars[name] for name in _CLOSENESS], ~pre & (starts < close))


def merge_restored(columns: Columns, rows: Rows, restored: Mapping[str, NDArray[Any]]) -> None:
    """Merge what rows that were read back say of their day, beside their bars.

    Args:
        columns: to merge into.
        rows: of each its symbol's row.
        restored: by the names of :class:`leaderboard.day_values.DayValues`.
    """
    merge_highs(columns, rows, restored["high"], restored["high_at"].astype(np.int64))
    _merge_price(columns, rows, restored["low"], "day_low", np.less)
    _merge_price(columns, rows, restored["pre_high"], "pre_high", np.greater)
    _merge_price(columns, rows, restored["pre_low"], "pre_low", np.less)
    closes = [restored[f"regular_{name}"] for name in ("end", "volume", "start", "close")]
    merge_closes(columns, rows, closes, restored["regular_close"] > 0)


def _merge_newest(columns: Columns, rows: Rows, bars: Bars) -> None:
    near = np.flatnonzero(bars["end_timestamp"] >= columns["end_timestamp"][rows])
    near = near[greatest(rows[near], [bars[name][near] for name in _NEWNESS])]
    at = rows[near]
    newer = _is_after([bars[name][near] for name in _NEWNESS], [columns[name][at] for name in _NEWNESS])
    near, at = near[newer], at[newer]
    for column in NEWEST:
        columns[column.name][at] = bars[column.name][near]


def _merge_opens(columns: Columns, rows: Rows, bars: Bars, of_session: Mask, name: str) -> None:
    """A price of 0 is no open price."""
    names = (f"{name}_start", f"{name}_end", name)
    known = columns[name][rows]
    early = (known == 0) | (bars["open_start"] <= columns[names[0]][rows])
    near = np.flatnonzero(of_session & early & (bars["open"] > 0))
    if not len(near):
        return
    keys = [bars[key] for key in ("open_start", "open_end", "open")]
    near = near[least(rows[near], [key[near] for key in keys])]
    at = rows[near]
    first = (columns[name][at] == 0) | _is_after(
        [columns[each][at] for each in names], [key[near] for key in keys]
    )
    for each, key in zip(names, keys, strict=True):
        columns[each][at[first]] = key[near[first]]


def merge_highs(columns: Columns, rows: Rows, highs: NDArray[Any], ends: NDArray[Any]) -> None:
    """Merge highs of the day, 0: none, and the ends of the bars that reached them."""
    near = np.flatnonzero((highs >= columns["day_high"][rows]) & (highs > 0))
    near = near[greatest(rows[near], [highs[near], -ends[near]])]
    at = rows[near]
    higher = (highs[near] > columns["day_high"][at]) | (ends[near] < columns["high_at"][at])
    columns["day_high"][at[higher]] = highs[near[higher]]
    columns["high_at"][at[higher]] = ends[near[higher]]


def _merge_price(columns: Columns, rows: Rows, prices: NDArray[Any], name: str, beyond: np.ufunc) -> None:
    """Merge prices of which the highest or the lowest counts; 0: there is none."""
    known = columns[name][rows]
    near = np.flatnonzero((prices > 0) & ((known == 0) | beyond(prices, known)))
    if len(near):
        choose = greatest if beyond is np.greater else least
        near = near[choose(rows[near], [prices[near]])]
        columns[name][rows[near]] = prices[near]


def merge_closes(columns: Columns, rows: Rows, closes: Sequence[NDArray[Any]], regular: Mask) -> None:
    """Merge closes of the regular hours, of which the newest bar's counts.

    Args:
        columns: to merge into.
        rows: of each its symbol's row.
        closes: of each the bar's end, accumulated volume, start and close.
        regular: which of them are of the regular hours.
    """
    near = np.flatnonzero(regular & (closes[0] >= columns[_OF_CLOSE[0]][rows]))
    near = near[greatest(rows[near], [key[near] for key in closes])]
    at = rows[near]
    newer = _is_after([key[near] for key in closes], [columns[name][at] for name in _OF_CLOSE])
    for name, key in zip(_OF_CLOSE, closes, strict=True):
        columns[name][at[newer]] = key[near[newer]]


def _is_after(keys: Sequence[NDArray[Any]], others: Sequence[NDArray[Any]]) -> Mask:
    """Element by element, whether a tuple of keys is greater than another."""
    after, equal = np.zeros(len(keys[0]), bool), np.ones(len(keys[0]), bool)
    for key, other in zip(keys, others, strict=True):
        after |= equal & (key > other)
        equal &= key == other
        if not equal.any():
            break
    return after
