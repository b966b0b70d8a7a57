"""The numbers of rows, from the state of their symbols: the formulas of the row's fields over whole arrays.

They are written anew, for what proves the published boards must not share their mistakes; the operations of each
are those of :mod:`leaderboard.fields`, in the same order, so the doubles are the same.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from history.fold.state import NEWEST, REFERENCES, STAND_INS
from leaderboard.doubles import GREATEST
from leaderboard.fields import BY_NAME, FIELDS
from leaderboard.reference.volume_profile import STEP, TIMES

Numbers = NDArray[np.float64]
#: The columns of a state, and after them the fields that follow from them.
Values = Mapping[str, NDArray[Any]]

_OF_DAY = ("day_high", "day_low", "high_at", "pre_high", "pre_low", "regular_close")
_NAMES = [field.name for field in FIELDS if field.is_number]


def numbers(state: Values, means: Numbers, day_start: int, opening: int, close: int) -> Numbers:
    """The numbers of rows.

    Args:
        state: the columns of :data:`history.fold.state.COLUMNS`, of these rows.
        means: their volume profiles, shape (rows, times); 0 where they are unknown.
        day_start: when their trading day starts, Unix milliseconds.
        opening: when its regular session starts.
        close: when its regular hours end.

    Returns:
        An array of shape (numeric fields, rows), in the fields' order and units.
    """
    starts = state["start_timestamp"]
    pre = starts < opening
    values: dict[str, Any] = {column.name: state[column.name] for column in NEWEST}
    values |= {name: state[name] for name in _OF_DAY}
    values |= {column.name: _reference(state, column.name) for column in REFERENCES}
    values["open"] = np.where(pre, state["pre_open"], state["regular_open"])
    values["is_after_hours"] = ~pre & (starts >= close)
    close_stands_in = state["stand_ins"] & STAND_INS["prev_day_close"]
    values["base"] = np.where(close_stands_in, 0.0, state["prev_day_close"])
    values["expected"] = _expected(means, state["end_timestamp"] - day_start)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        values |= {name: formula(values) for name, formula in _FORMULAS.items()}
    return np.array([values[name] for name in _NAMES], np.float64)


def _reference(state: Values, name: str) -> NDArray[Any]:
    """A reference field, or what the newest bar has in its stead."""
    if name not in STAND_INS:
        return state[name]
    return np.where(state["stand_ins"] & STAND_INS[name], state[BY_NAME[name].stand_in], state[name])


def _expected(means: Numbers, since_start: NDArray[np.int64]) -> Numbers:
    """The volume that is usual by a time of day, in shares; 0 where the profile is unknown."""
    places: Numbers = np.clip(since_start / STEP, 0, TIMES - 1)
    before = np.minimum(places.astype(np.intp), TIMES - 2)
    rows = np.arange(len(means))
    low, high = means[rows, before], means[rows, before + 1]
    between: Numbers = low + (high - low) * (places - before)
    return np.where(places == TIMES - 1, means[:, -1], between)


def _ratio(value: Numbers, base: Numbers) -> Numbers:
    return np.where(base == 0, 0.0, np.minimum(value / base, GREATEST))


def _percent(value: Numbers, base: Numbers) -> Numbers:
    """The change from `base` in percent; 0 where that is 0."""
    return np.where(base == 0, 0.0, np.minimum((value - base) / base * 100, GREATEST))


def _change(value: Numbers, base: Numbers) -> Numbers:
    return np.where(base == 0, 0.0, value - base)


def _dollar_volume(row: Values) -> Numbers:
    prices = np.where(row["aggregate_vwap"] == 0, row["vwap"], row["aggregate_vwap"])
    dollars: Numbers = row["accumulated_volume"] * prices
    return np.minimum(dollars, GREATEST)


def _after_hours(row: Values) -> Numbers:
    return np.where(row["is_after_hours"], _percent(row["close"], row["regular_close"]), 0.0)


_FORMULAS: Mapping[str, Callable[[Values], Numbers]] = {
    "relative_volume": lambda row: _ratio(row["accumulated_volume"], row["avg_volume"]),
    "change": lambda row: _change(row["close"], row["base"]),
    "pct_change": lambda row: _percent(row["close"], row["base"]),
    "change_since_open": lambda row: _change(row["close"], row["open"]),
    "pct_change_since_open": lambda row: _percent(row["close"], row["open"]),
    "pct_change_after_hours": _after_hours,
    "dollar_volume": _dollar_volume,
    "rvol": lambda row: _ratio(row["accumulated_volume"], row["expected"]),
}
