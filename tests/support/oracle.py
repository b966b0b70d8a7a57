"""A slow, plain model of the rules of bars, sessions and boards, to compare the system with.

It reads all the events at once and works the answer out from the set of them: no order, no batches, no state. It
shares no code with the system, whose mistakes it would share as well: only which boards there are it reads from
their table.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leaderboard.boards import BOARDS, BY_NAME

Session = tuple[date, str]
Row = dict[str, str | float | int]
#: Of a symbol, by the names of a reference file's columns. Besides them `volume_profile`, its mean accumulated
#: volume at 04:00, 04:05, ... 20:00, and `rvol_sessions`, how many sessions the means are of.
Figures = Mapping[str, float | Sequence[float] | None]

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PRE_MARKET_START = time(4, 0)
REGULAR_START = time(9, 30)
REGULAR_END = time(16, 0)
EARLY_END = time(13, 0)
FIVE_MINUTES = 300_000

# Of the day before. A price of 0 is no price, so it is unknown.
PREVIOUS_PRICES = {"prev_day_open", "prev_day_high", "prev_day_low", "prev_day_close", "prev_day_vwap"}

# Full-day closings of the NYSE, as month-day. A table, not a rule: mourning days follow none.
NYSE_HOLIDAYS: dict[int, tuple[str, ...]] = {
    2013: ("01-01", "01-21", "02-18", "03-29", "05-27", "07-04", "09-02", "11-28", "12-25"),
    2014: ("01-01", "01-20", "02-17", "04-18", "05-26", "07-04", "09-01", "11-27", "12-25"),
    2024: ("01-01", "01-15", "02-19", "03-29", "05-27", "06-19", "07-04", "09-02", "11-28", "12-25"),
    2025: ("01-01", "01-09", "01-20", "02-17", "04-18", "05-26", "06-19", "07-04", "09-01", "11-27", "12-25"),
    2026: ("01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25"),
}

# Days on which its regular hours end at 13:00.
NYSE_EARLY_CLOSES: dict[int, tuple[str, ...]] = {
    2013: ("07-03", "11-29", "12-24"),
    2014: ("07-03", "11-28", "12-24"),
    2024: ("07-03", "11-29", "12-24"),
    2025: ("07-03", "11-28", "12-24"),
    2026: ("11-27", "12-24"),
}


@dataclass(frozen=True)
class Bar:
    """An event with its nulls, absent fields and spellings resolved."""

    symbol: str
    volume: float
    accumulated_volume: float
    official_open_price: float
    vwap: float
    open: float
    close: float
    high: float
    low: float
    aggregate_vwap: float
    average_size: float
    start_timestamp: int
    end_timestamp: int


@dataclass(frozen=True)
class Expected:
    """What the system must hold once it has seen the events."""

    session: Session | None
    boards: dict[str, dict[str, float]]
    rows: dict[str, Row]
    opens: dict[str, dict[str, float]]

    def ranked(self, board: str, size: int = 500) -> list[dict[str, Any]]:
        """The published rows of a board, best first."""
        symbols = best_first(self.boards[board], descending=BY_NAME[board].order == "descending")[:size]
        return [{"rank": rank, **self.rows[symbol]} for rank, symbol in enumerate(symbols, start=1)]


def expected(
    events: Iterable[Mapping[str, Any]],
    reference: Mapping[str, Figures] | None = None,
    *,
    board_size: int = 500,
) -> Expected:
    """The boards, rows and open prices that follow from the set of events, however they arrive."""
    boards: dict[str, dict[str, float]] = {board.name: {} for board in BOARDS}
    rows: dict[str, Row] = {}
    opens: dict[str, dict[str, float]] = {"pre": {}, "regular": {}}

    bars = [read_bar(event) for event in events]
    if not bars:
        return Expected(None, boards, rows, opens)

    # "pre" sorts before "regular", so sessions compare as they follow each other.
    clock = max(session_of(bar) for bar in bars)
    today = [bar for bar in bars if session_of(bar)[0] == clock[0]]

    for symbol in {bar.symbol for bar in today}:
        bars_of_symbol = [bar for bar in today if bar.symbol == symbol]
        for name, prices in opens.items():
            bars_of_session = [bar for bar in bars_of_symbol if session_of(bar)[1] == name]
            if bars_of_session:
                prices[symbol] = session_open(bars_of_session)

        bar = newest(bars_of_symbol)
        session = session_of(bar)
        figures = (reference or {}).get(symbol, {})
        row = row_of(bar, opens[session[1]][symbol], figures)
        row |= day_fields(bars_of_symbol) | volume_fields(bar, figures)
        rows[symbol] = row
        for board in BOARDS:
            if board.holds == "day" or session == clock:
                boards[board.name][symbol] = float(row[board.field])

    for board in BOARDS:
        if board.trims_exactly:
            scores = boards[board.name]
            boards[board.name] = {symbol: scores[symbol] for symbol in best_first(scores)[:board_size]}
    return Expected(clock, boards, rows, opens)


def read_bar(event: Mapping[str, Any]) -> Bar:
    """The event's fields under their long names; the wire names stand beside them."""

    def number(*names: str) -> float:
        value = first_given(event, *names)
        return 0.0 if value is None else float(value)

    return Bar(
        symbol=first_given(event, "symbol", "sym"),
        volume=number("dv", "volume", "v"),
        accumulated_volume=number("dav", "accumulated_volume", "av"),
        official_open_price=number("official_open_price", "op"),
        vwap=number("vwap", "vw"),
        # An open of 0 is as good as none.
        open=number("open", "o") or number("close", "c"),
        close=number("close", "c"),
        high=number("high", "h"),
        low=number("low", "l"),
        aggregate_vwap=number("aggregate_vwap", "a"),
        average_size=number("average_size", "z"),
        start_timestamp=int(first_given(event, "start_timestamp", "s")),
        end_timestamp=int(first_given(event, "end_timestamp", "e")),
    )


def first_given(event: Mapping[str, Any], *names: str) -> Any:
    """The first of the named fields that is there and not null."""
    for name in names:
        if event.get(name) is not None:
            return event[name]
    return None


def session_of(bar: Bar) -> Session:
    """The trading day and session in which the bar starts."""
    local = (EPOCH + timedelta(milliseconds=bar.start_timestamp)).astimezone(NEW_YORK)
    if local.year not in NYSE_HOLIDAYS:
        raise ValueError(f"no NYSE holidays are known for {local.year}")
    if is_trading_day(local.date()) and local.time() >= PRE_MARKET_START:
        return local.date(), "pre" if local.time() < REGULAR_START else "regular"

    # Nothing has started since: the regular session of the last trading day still runs.
    day = local.date() - timedelta(days=1)
    while not is_trading_day(day):
        day -= timedelta(days=1)
    return day, "regular"


def hours_of(bar: Bar) -> str:
    """The hours in which the bar starts. After hours last until the next trading day."""
    day, session = session_of(bar)
    if session == "pre":
        return "pre"
    early = f"{day:%m-%d}" in NYSE_EARLY_CLOSES.get(day.year, ())
    close = datetime.combine(day, EARLY_END if early else REGULAR_END, NEW_YORK)
    return "regular" if bar.start_timestamp < close.timestamp() * 1000 else "post"


def is_trading_day(day: date) -> bool:
    """Whether the exchange opens on that day."""
    # From the first days of a year one looks back into the year before, which may be missing from the table:
    # only as far as its last weekday, and none of the missing years ends on a holiday.
    return day.weekday() < 5 and f"{day:%m-%d}" not in NYSE_HOLIDAYS.get(day.year, ())


def newest(bars: Iterable[Bar]) -> Bar:
    """The bar that wins; all that shows in a row breaks the ties, so that there is always one answer."""
    return max(
        bars,
        key=lambda bar: (
            bar.end_timestamp,
            bar.accumulated_volume,
            bar.start_timestamp,
            bar.close,
            bar.high,
            bar.low,
            bar.volume,
            bar.vwap,
            bar.aggregate_vwap,
            bar.average_size,
            bar.official_open_price,
        ),
    )


def session_open(bars: Iterable[Bar]) -> float:
    """The open price of a session: that of its earliest bar which has one; 0 where none has."""
    priced = [bar for bar in bars if bar.open > 0]
    if not priced:
        return 0.0
    return min(priced, key=lambda bar: (bar.start_timestamp, bar.end_timestamp, bar.open)).open


def row_of(bar: Bar, open_price: float, reference: Figures) -> Row:
    """The fields of a symbol's quote that one bar, its session's open and reference data decide."""

    def known(column: str, otherwise: float = 0.0) -> float:
        value = reference.get(column)
        if not isinstance(value, float | int) or (value == 0 and column in PREVIOUS_PRICES):
            return otherwise
        return float(value)

    # A close that stands in for the previous one makes the change 0, never -100 %.
    prev_day_close = known("prev_day_close", otherwise=bar.close)
    avg_volume = known("avg_volume")
    change = 0.0 if prev_day_close == 0 else bar.close - prev_day_close
    change_since_open = 0.0 if open_price == 0 else bar.close - open_price
    return {
        "symbol": bar.symbol,
        "volume": bar.volume,
        "free_float": known("free_float"),
        "accumulated_volume": bar.accumulated_volume,
        "relative_volume": 0.0 if avg_volume == 0 else bounded(bar.accumulated_volume / avg_volume),
        "official_open_price": bar.official_open_price,
        "vwap": bar.vwap,
        "open": open_price,
        "close": bar.close,
        "high": bar.high,
        "low": bar.low,
        "aggregate_vwap": bar.aggregate_vwap,
        "average_size": bar.average_size,
        "avg_volume": avg_volume,
        "prev_day_close": prev_day_close,
        "prev_day_open": known("prev_day_open"),
        "prev_day_high": known("prev_day_high"),
        "prev_day_low": known("prev_day_low"),
        "prev_day_volume": known("prev_day_volume", otherwise=bar.volume),
        "prev_day_vwap": known("prev_day_vwap", otherwise=bar.vwap),
        "change": change,
        "pct_change": percent(change, prev_day_close),
        "change_since_open": change_since_open,
        "pct_change_since_open": percent(change_since_open, open_price),
        "start_timestamp": bar.start_timestamp,
        "end_timestamp": bar.end_timestamp,
    }


def day_fields(bars: Sequence[Bar]) -> Row:
    """The fields that a symbol's bars of the day decide together."""
    day_high = highest(bars)
    regular_bars = [bar for bar in bars if hours_of(bar) == "regular"]
    regular_close = newest(regular_bars).close if regular_bars else 0.0
    bar = newest(bars)
    compares = hours_of(bar) == "post" and regular_close > 0
    return {
        "day_high": day_high,
        "day_low": lowest(bars),
        "high_at": min(bar.end_timestamp for bar in bars if high_of(bar) == day_high) if day_high > 0 else 0,
        "pre_high": highest([bar for bar in bars if hours_of(bar) == "pre"]),
        "pre_low": lowest([bar for bar in bars if hours_of(bar) == "pre"]),
        "regular_close": regular_close,
        "pct_change_after_hours": percent(bar.close - regular_close, regular_close) if compares else 0.0,
    }


def high_of(bar: Bar) -> float:
    """The bar's high; its close where it has none."""
    return bar.high or bar.close


def highest(bars: Iterable[Bar]) -> float:
    """The highest price of bars; 0 where none has a price."""
    return max(map(high_of, bars), default=0.0)


def lowest(bars: Iterable[Bar]) -> float:
    """The lowest price of bars; 0 where none has a price. A bar without one says nothing."""
    lows = [bar.low or bar.close for bar in bars]
    return min((low for low in lows if low > 0), default=0.0)


def volume_fields(bar: Bar, reference: Figures) -> Row:
    """The dollars that were traded, and the volume against what is usual by this time of day."""
    sessions = reference.get("rvol_sessions") or 0
    usual = usual_volume(bar, reference.get("volume_profile"))
    return {
        "dollar_volume": bounded(bar.accumulated_volume * (bar.aggregate_vwap or bar.vwap)),
        "rvol": bounded(bar.accumulated_volume / usual) if usual > 0 else 0.0,
        "rvol_sessions": float(sessions) if isinstance(sessions, float | int) else 0.0,
    }


def usual_volume(bar: Bar, means: float | Sequence[float] | None) -> float:
    """The mean accumulated volume at the time at which the bar ends; 0 where the profile is unknown."""
    if not means or isinstance(means, float | int):
        return 0.0
    start = datetime.combine(session_of(bar)[0], PRE_MARKET_START, NEW_YORK)
    steps = max(0.0, (bar.end_timestamp - start.timestamp() * 1000) / FIVE_MINUTES)
    before = int(steps)
    if before >= len(means) - 1:
        return means[-1]
    return means[before] + (means[before + 1] - means[before]) * (steps - before)


def percent(change: float, base: float) -> float:
    """The change as a percentage of what it started from; 0 where that was 0."""
    return 0.0 if base == 0 else bounded(change / base * 100)


def bounded(quotient: float) -> float:
    """The quotient, limited to what a double and JSON can represent."""
    return max(-sys.float_info.max, min(sys.float_info.max, quotient))


def best_first(board: Mapping[str, float], *, descending: bool = True) -> list[str]:
    """The symbols of a board, ranked; equal scores by name, in the same direction."""
    return sorted(board, key=lambda symbol: (board[symbol], symbol.encode()), reverse=descending)
