"""The queries that the pool answers.

They are declared here without DuckDB, which the gateway's own process does without: each imports what answers it
where it runs.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec import Raw, Struct

from history.queries.candles import BAR, Bars, Interval

if TYPE_CHECKING:
    from history.queries.market_at import MarketAt


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


class PastBoard(Struct, frozen=True):
    """A board or screen of the past.

    Attributes:
        published_at: when, Unix milliseconds.
        session: number of the session that it showed; None: it is not known.
        rows: JSON, as it was published.
    """

    published_at: int
    session: int | None
    rows: Raw


class FindBoard(Struct, tag=True, frozen=True):
    """Asks for a board or screen as it was published at a second, as JSON of :class:`PastBoard`.

    Attributes:
        name: of the board or screen.
        at: the second, Unix milliseconds.
    """

    name: str
    at: int

    def answer(self, folder: Path) -> bytes:
        from history.queries.boards_at import board_at

        found = board_at(folder, self.name, self.at)
        session = found.session.number if found.session else None
        return _encode(PastBoard(found.published_at, session, Raw(found.json())))


class PastMarket(Struct, frozen=True):
    """Boards, screens and quotes of the past.

    Attributes:
        published_at: when the boards were, Unix milliseconds.
        session: number of the session that they showed; None: no bar had come yet.
        newest_bar: when the market's newest bar until then ended, Unix milliseconds; None: there was none.
        boards: by name, the rows with the fields that were asked for.
        unknown: by the name of one that has no rows here, a sentence that says why.
        quotes: by symbol.
    """

    published_at: int
    session: int | None
    newest_bar: int | None
    boards: dict[str, list[Raw]]
    unknown: dict[str, str]
    quotes: dict[str, Raw]


class FindMarket(Struct, tag=True, frozen=True):
    """Asks for boards, screens and quotes as they stood at a second, as JSON of :class:`PastMarket`.

    Attributes:
        at: the second, Unix milliseconds.
        boards: names of boards and screens.
        symbols: whose quotes are wanted.
        limit: rows of each board; None: all that were published.
        fields: of the boards' rows; None: all.
    """

    at: int
    boards: tuple[str, ...]
    symbols: tuple[str, ...]
    limit: int | None = None
    fields: tuple[str, ...] | None = None

    def answer(self, folder: Path) -> bytes:
        from history.queries.market_at import Wanted, market_at

        found = market_at(folder, self.at, Wanted(self.boards, self.symbols, self.limit))
        return _encode(_with_fields(found, self.fields))


class PastSecond(Struct, frozen=True):
    """A second of a run.

    Attributes:
        at: the second, Unix milliseconds.
        market: as it stood then; None: it is not known.
        unknown: why it is not; empty: it is.
    """

    at: int
    market: PastMarket | None = None
    unknown: str = ""


class FindRun(Struct, tag=True, frozen=True):
    """Asks for boards, screens and quotes at a run of seconds, as JSON of a list of :class:`PastSecond`.

    Attributes:
        seconds: rising, Unix milliseconds.
        boards, symbols, limit, fields: as of :class:`FindMarket`, of each second.
    """

    seconds: tuple[int, ...]
    boards: tuple[str, ...]
    symbols: tuple[str, ...]
    limit: int | None = None
    fields: tuple[str, ...] | None = None

    def answer(self, folder: Path) -> bytes:
        from history.errors import NothingRecordedError
        from history.queries.market_at import Wanted, markets_at

        found = markets_at(folder, self.seconds, Wanted(self.boards, self.symbols, self.limit))
        run = [
            PastSecond(at, unknown=str(each))
            if isinstance(each, NothingRecordedError)
            else PastSecond(at, _with_fields(each, self.fields))
            for at, each in zip(self.seconds, found, strict=True)
        ]
        return _encode(run)


def _with_fields(found: "MarketAt", fields: tuple[str, ...] | None) -> PastMarket:
    from leaderboard.boards import BY_NAME
    from leaderboard.fields import NAMES, SCREEN_NAMES
    from watch.gateway.http.api.answers.row_columns import RowColumns

    of_boards, of_screens = (RowColumns(fields, known) for known in (NAMES, SCREEN_NAMES))
    boards = {
        name: (of_boards if name in BY_NAME else of_screens).of([*map(Raw, rows)])
        for name, rows in found.boards.items()
    }
    quotes = {symbol: Raw(quote) for symbol, quote in found.quotes.items()}
    session = found.session.number if found.session else None
    return PastMarket(found.published_at, session, found.newest_bar, boards, {**found.unknown}, quotes)


class FindDays(Struct, tag=True, frozen=True):
    """Asks for the recorded days, as the body of an answer over HTTP."""

    def answer(self, folder: Path) -> bytes:
        from history.queries.days import viewable_days

        return _encode({"days": viewable_days(folder)})


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
ANY = FindCandles | FindCandlesAt | FindBars | FindBoard | FindMarket | FindRun | FindDays | FindCloses

_encode = msgspec.json.Encoder().encode


def packed(bars: Bars) -> bytes:
    """Bars as a message has them."""
    return bars.tobytes()


def unpacked(blob: bytes) -> Bars:
    """The bars of a message."""
    return np.frombuffer(blob, BAR)
