"""The bars of a made-up market as columns of the archive."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.bars import DAY
from feeds.synthetic import Market
from leaderboard.event import SHORT_NAMES
from leaderboard.sessions import Phase, Session
from leaderboard.tape.bars import DOUBLES

Columns = dict[str, npt.NDArray[Any]]


def market(symbols: int, rate: float, day: date = DAY) -> Market:
    """A market of so many symbols and, in the mean of the regular hours, bars a second; always the same one."""
    return Market(symbols, rate, 1, day)


def seconds(of: Market, count: int) -> Iterator[list[dict[str, Any]]]:
    """The bars of each of so many seconds of a market, from its open on."""
    opening = Session(of.day, Phase.REGULAR).start
    for n in range(count):
        yield [dict(bar) for bar in of.bars(opening + n * 1000)]


def columns(symbols: int, rate: float, count: int) -> Columns:
    """The first seconds after the open, in the order in which they come, as if each were one batch."""
    by_second = list(seconds(market(symbols, rate), count))
    bars = list(chain.from_iterable(by_second))
    sizes = [len(each) for each in by_second]
    starts = np.array([bar["s"] for bar in bars], np.int64)
    return {
        "position": np.repeat(np.cumsum(sizes), sizes),
        "n": np.concatenate([np.arange(size, dtype=np.uint16) for size in sizes]),
        "at": starts + 1050,
        "revision": np.repeat(np.arange(1, count + 1), sizes),
        "symbol": np.array([bar["sym"] for bar in bars], dtype=object),
        "outcome": np.full(len(bars), "A", dtype=object),
        "start_timestamp": starts,
        "end_timestamp": starts + 1000,
        **{name: np.array([bar.get(SHORT_NAMES[name], 0) for bar in bars], np.float64) for name in DOUBLES},
        "minute": np.zeros(len(bars), np.bool_),
        "otc": np.zeros(len(bars), np.bool_),
    }
