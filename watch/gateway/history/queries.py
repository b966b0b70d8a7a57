"""The queries that the pool answers.

They are declared here without DuckDB, which the gateway's own process does without: each imports what answers it
where it runs.
"""

from datetime import date
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from history.queries.candles import BAR, Bars, Interval
from watch.gateway.history.market_queries import FindBoard, FindMarket, FindRanks, FindRun


class FindCandles(Struct, tag=True, frozen=True):
    """Asks for the candles of a symbol's day, as the body of an answer over HTTP.

    Attributes:
        symbol: whose.
        day: the trading day.
        interval: of the candles.
        live: the symbol's bars of the day that may not be stored yet, as :func:`packed` packs them.
        is_csv: whether the body is CSV, not JSON.
        is_recorded: of the boards' day, whether bars are recorded at the moment; None: of a day that is past.
    """

    symbol: str
    day: date
    interval: Interval
    live: bytes = b""
    is_csv: bool = False
    is_recorded: bool | None = None

    def answer(self, folder: Path) -> bytes:
        from history.queries.day_candles import day_candles

        live = unpacked(self.live)
        found = day_candles(folder, self.symbol, self.day, self.interval, live, self.is_recorded)
        return found.csv() if self.is_csv else found.json()


class FindCandlesAt(Struct, tag=True, frozen=True):
    """Asks for the candles of a symbol as they stood at a second, as the body of an answer over HTTP.

    Attributes:
        symbol: whose.
        at: the second, Unix milliseconds.
        interval: of the candles.
        is_csv: whether the body is CSV, not JSON.
    """

    symbol: str
    at: int
    interval: Interval
    is_csv: bool = False

    def answer(self, folder: Path) -> bytes:
        from history.queries.day_candles import candles_at

        found = candles_at(folder, self.symbol, self.at, self.interval)
        return found.csv() if self.is_csv else found.json()


class FindBars(Struct, tag=True, frozen=True):
    """Asks for a symbol's newest bars of a day, for its live candle, as :func:`packed` packs them.

    Attributes:
        symbol: whose.
        day: the trading day.
        since: those that start at this time or later, Unix milliseconds; None: those of the newest minute.
    """

    symbol: str
    day: date
    since: int | None

    def answer(self, folder: Path) -> bytes:
        from history.queries.symbol_bars import SymbolDay, of_newest_minute

        bars = SymbolDay(folder, self.symbol, self.day).bars(self.since)
        return packed(bars if self.since is not None else of_newest_minute(bars))


class FindDays(Struct, tag=True, frozen=True):
    """Asks for the recorded days, as the body of an answer over HTTP."""

    def answer(self, folder: Path) -> bytes:
        from history.queries.days import viewable_days

        return _encode({"days": viewable_days(folder)})


class PastLines(Struct, frozen=True):
    """Sparklines of the past.

    Attributes:
        session: number of the session that they show; None: nothing had traded yet.
        step: milliseconds between two points.
        closes: by symbol; None: not traded yet.
    """

    session: int | None
    step: int
    closes: dict[str, list[float | None]]


class FindLines(Struct, tag=True, frozen=True):
    """Asks for sparklines as they stood at a second, as JSON of :class:`PastLines`.

    Attributes:
        symbols: whose.
        at: the second, Unix milliseconds.
        points: of a line at most.
        first_step: milliseconds between two points at least.
    """

    symbols: tuple[str, ...]
    at: int
    points: int
    first_step: int

    def answer(self, folder: Path) -> bytes:
        from history.queries.lines_at import lines_at

        found = lines_at(folder, self.symbols, self.at, self.points, self.first_step)
        # NaN becomes null.
        closes: dict[str, list[float | None]] = {symbol: line.tolist() for symbol, line in found.closes.items()}
        return _encode(PastLines(found.session.number if found.session else None, found.step, closes))


class FindCloses(Struct, tag=True, frozen=True):
    """Asks for all symbols' closes in the spans of a session, as MessagePack of :class:`SessionCloses`.

    Attributes:
        day: the trading day.
        start: of the session, Unix milliseconds.
        step: milliseconds that a span lasts.
        count: of the spans.
    """

    day: date
    start: int
    step: int
    count: int

    def answer(self, folder: Path) -> bytes:
        from history.queries.closes import session_closes

        found = session_closes(folder, self.day, self.start, self.step, self.count)
        closes = np.array([*found.values()], "<f8").reshape(len(found), self.count)
        return msgspec.msgpack.encode(SessionCloses([*found], closes.tobytes()))


class SessionCloses(Struct, frozen=True):
    """The closes of a session.

    Attributes:
        symbols: in the order of the closes.
        closes: doubles, all of one symbol after all of another; NaN where no bar ended in a span.
    """

    symbols: list[str]
    closes: bytes


#: Any of them.
ANY = (
    FindCandles
    | FindCandlesAt
    | FindBars
    | FindBoard
    | FindMarket
    | FindRun
    | FindRanks
    | FindLines
    | FindDays
    | FindCloses
)

_encode = msgspec.json.Encoder().encode


def packed(bars: Bars) -> bytes:
    """Bars as a message has them."""
    return bars.tobytes()


def unpacked(blob: bytes) -> Bars:
    """The bars of a message."""
    return np.frombuffer(blob, BAR)
