"""The candles of recorded days."""

import csv
import io
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from msgspec.structs import astuple

from history.archive.schema import GAPS
from history.archive.writing import PartWriter
from history.errors import NothingRecordedError
from history.known_gap import KnownGap
from history.queries.candles import BAR, UNSHOWN, Bars, Interval, trading_span
from history.queries.day_candles import day_candles
from history.queries.symbol_bars import SymbolDay, of_newest_minute
from leaderboard.sessions import session_of
from leaderboard.tape import entries
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY, at

DAY = date(2013, 10, 8)


def of_tape(bars: np.ndarray[Any, np.dtype[np.void]]) -> Bars:
    """Bars of the tape as those of candles."""
    made = np.empty(len(bars), BAR)
    for name in BAR.names or ():
        made[name] = bars[name]
    return made


def test_bars_count_once_at_the_seam(tmp_path: Path) -> None:
    # Given stored bars, one of them stale, one not in effect, and one of another symbol
    bars = ("A", "09:31:00"), ("A", "09:31:01"), ("A", "09:31:02"), ("B", "09:31:00")
    recorded(tmp_path, batch(1, *bars, outcomes="ASRA"))
    # And newer ones that are still on the tape, one of which is stored as well
    live = batch(2, ("A", "09:31:01"), ("A", "09:32:05")).bars
    # Then each bar counts once
    found = day_candles(tmp_path, "A", TODAY, Interval.ONE_MINUTE, of_tape(live))
    assert [(candle.time, candle.volume) for candle in found.candles] == [
        (at("09:31:00"), 200.0),
        (at("09:32:00"), 100.0),
    ]
    [longer] = day_candles(tmp_path, "A", TODAY, Interval.FIVE_MINUTES).candles
    assert (longer.time, longer.volume) == (at("09:30:00"), 200.0)
    assert not day_candles(tmp_path, "C", TODAY, Interval.ONE_MINUTE).candles


def test_what_no_candle_shows_decides_between_bars_that_else_differ_in_their_open(tmp_path: Path) -> None:
    # Given two bars of one second, of which the one with the greater open has the greater last tie-break too
    made = batch(1, ("A", "09:31:00"), ("A", "09:31:00"))
    bars = made.bars.copy()
    bars["open"], bars[UNSHOWN[-1]] = (9.5, 9.75), (1.0, 2.0)
    recorded(tmp_path, replace(made, bars=bars))
    # Then that bar counts, though the lesser open does where all is the same
    [candle] = day_candles(tmp_path, "A", TODAY, Interval.ONE_MINUTE).candles
    assert candle.open == 9.75


def test_a_day_without_history_is_not_one_without_trades(tmp_path: Path) -> None:
    with pytest.raises(NothingRecordedError, match="nothing is recorded of 2026-11-20"):
        day_candles(tmp_path, "A", TODAY, Interval.ONE_MINUTE)
    # And a day that has just begun is all on the tape
    live = of_tape(batch(2, ("A", "09:31:01")).bars)
    assert len(day_candles(tmp_path, "A", TODAY, Interval.ONE_MINUTE, live).candles) == 1


def test_gaps_are_reported(tmp_path: Path) -> None:
    recorded(tmp_path, batch(1, ("A", "09:31:00")))
    gap = {"from_position": 1, "from_at": at("09:32:00"), "to_position": 9, "to_at": at("09:33:00"), "why": "away"}
    rows = {GAPS.name: {name: np.array([value]) for name, value in gap.items()}}
    PartWriter(tmp_path).write(TODAY.isoformat(), rows, first=2, last=9, at=at("09:33:00"))

    prices = dict.fromkeys(("open", "high", "low", "close", "vwap"), 10.0)
    found = day_candles(tmp_path, "A", TODAY, Interval.ONE_MINUTE)
    assert found.gaps == [KnownGap(at("09:32:00"), at("09:33:00"), "away")]
    assert json.loads(found.json()) == {
        "symbol": "A",
        "day": "2026-11-20",
        "interval": "1m",
        "hours": {
            "day_start": at("04:00:00"),
            "open": at("09:30:00"),
            "close": at("16:00:00"),
            "trading_end": at("20:00:00"),
        },
        "gaps": [{"from": at("09:32:00"), "to": at("09:33:00"), "why": "away"}],
        "candles": [{"time": at("09:31:00"), "volume": 100.0, "day_vwap": 0.0, **prices}],
        "is_recorded": None,
    }
    assert list(csv.reader(io.StringIO(found.csv().decode(), newline=""))) == [
        ["time", "open", "high", "low", "close", "volume", "vwap", "day_vwap"],
        [f"{at('09:31:00')}", "10.0", "10.0", "10.0", "10.0", "100.0", "10.0", "0.0"],
    ]


def test_a_day_lasts_until_the_next_trading_day_starts() -> None:
    """TODAY is a Friday."""
    assert trading_span(TODAY) == range(at("04:00:00"), at("04:00:00", TODAY.replace(day=23)))


def test_the_newest_minute_is_found(tmp_path: Path) -> None:
    recorded(tmp_path, batch(1, ("A", "09:31:59"), ("A", "09:32:00"), ("A", "09:32:30")))

    stored = SymbolDay(tmp_path, "A", TODAY)
    assert of_newest_minute(stored.bars())["start_timestamp"].tolist() == [at("09:32:00"), at("09:32:30")]
    assert stored.bars(at("09:32:30"))["start_timestamp"].tolist() == [at("09:32:30")]
    assert not len(of_newest_minute(SymbolDay(tmp_path, "B", TODAY).bars()))


@pytest.mark.skipif("MARKET_DATA" not in os.environ, reason="MARKET_DATA, the folder of real bars, is not set")
def test_candles_of_a_real_day_are_those_of_the_file(tmp_path: Path) -> None:
    # Given a recorded day of real bars of one second, four symbols, in three parts and twice in one of them
    file = Path(os.environ["MARKET_DATA"]) / "bars" / "second-2013-10-08.csv.gz"
    database = duckdb.connect()
    database.execute(f"CREATE TABLE file AS SELECT *, window_start // 1000000 AS start FROM read_csv('{file}')")
    columns = database.execute("SELECT ticker, start, volume, open, high, low, close FROM file").fetchnumpy()
    bars = np.zeros(len(columns["start"]), entries.BAR)
    bars["start_timestamp"], bars["end_timestamp"] = columns["start"], columns["start"] + 1_000
    for name in ("volume", "open", "high", "low", "close"):
        bars[name] = columns[name]
    # The file has no average of the day: any number that each bar says stands for it.
    bars["aggregate_vwap"] = columns["close"]
    session = session_of(int(bars["start_timestamp"][-1])).number
    bounds = [0, 20_000, 40_000, len(bars)]
    for position, (first, last) in enumerate(zip((0, *bounds[1:-1]), bounds[1:], strict=True), 1):
        part = bars[max(0, first - 5_000) : last].copy()
        part["event"] = np.arange(len(part))
        symbols = columns["ticker"][max(0, first - 5_000) : last].tolist()
        outcomes = "A" * len(part)
        recorded(tmp_path, entries.Bars(position, 1, session, 0, symbols, outcomes, {}, part))
    # Then the candles are those of a query over the file
    for symbol in set(columns["ticker"]):
        for interval in Interval:
            expected = database.execute(_CANDLES.format(length=interval.milliseconds), [symbol]).fetchall()
            found = [astuple(candle) for candle in day_candles(tmp_path, symbol, DAY, interval).candles]
            assert [candle[:-2] for candle in found] == [candle[:-2] for candle in expected]
            assert [candle[-2] for candle in found] == pytest.approx([candle[-2] for candle in expected])
            assert [candle[-1] for candle in found] == [candle[-1] for candle in expected]


_CANDLES = """
    SELECT start // {length} * {length} AS time, arg_min(open, start), max(high), min(low), arg_max(close, start),
        sum(volume), sum(close * volume) / sum(volume), arg_max(close, start)
    FROM file WHERE ticker = ? GROUP BY time ORDER BY time
"""
