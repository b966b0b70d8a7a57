"""Candles are those that come of the bars one by one, whatever the order and repetition of the bars."""

from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import astuple

from history.queries.candles import BAR, Bars, Candle, Interval, resample
from leaderboard.fields import TIE_BREAKS
from tests.support.market import at

START = at("09:30:00")

_PRICES = some.sampled_from([0.0, 9.5, 10.0, 10.25, 11.0])
_MADE = some.lists(
    some.fixed_dictionaries(
        {
            "start_timestamp": some.integers(0, 40).map(lambda n: START + n * 30_000),
            "accumulated_volume": some.sampled_from([0.0, 100.0, 200.0]),
            **dict.fromkeys(("open", "high", "low", "close", "vwap", "aggregate_vwap"), _PRICES),
            "volume": some.sampled_from([0.0, 1.0, 100.0, 12.5]),
        }
    ),
    max_size=30,
)


def bars_of(rows: list[dict[str, Any]]) -> Bars:
    """Bars of these fields; each ends a second after its start, and the other fields are 0."""
    bars = np.zeros(len(rows), BAR)
    for bar, row in zip(bars, rows, strict=True):
        for name, value in ({"end_timestamp": row["start_timestamp"] + 1_000} | row).items():
            bar[name] = value
    return bars


def plainly(rows: list[dict[str, Any]], interval: int) -> list[Candle]:
    """The candles, bar by bar."""

    def newness(row: dict[str, Any]) -> tuple[float, ...]:
        return row["accumulated_volume"], *(row.get(name, 0.0) for name in TIE_BREAKS), -row["open"]

    newest = {row["start_timestamp"]: row for row in sorted(rows, key=newness)}
    candles = []
    for number, group in groupby(sorted(newest), lambda start: start // interval):
        members = [newest[start] for start in group]
        closes = [row["close"] for row in members if row["close"]] or [0.0]
        volume = sum(row["volume"] for row in members)
        traded = sum((row["vwap"] or row["close"]) * row["volume"] for row in members)
        candles.append(
            Candle(
                time=number * interval,
                open=next((price for row in members if (price := row["open"] or row["close"])), 0.0),
                high=max(row["high"] or row["close"] for row in members),
                low=min((price for row in members if (price := row["low"] or row["close"])), default=0.0),
                close=closes[-1],
                volume=volume,
                vwap=traded / volume if volume else closes[-1],
                day_vwap=([row["aggregate_vwap"] for row in members if row["aggregate_vwap"]] or [0.0])[-1],
            )
        )
    return candles


@given(_MADE, some.randoms(use_true_random=False), some.sampled_from(Interval))
def test_candles_are_a_function_of_the_set_of_bars(
    rows: list[dict[str, Any]], random: Any, interval: Interval
) -> None:
    # Given bars in any order, some of them twice
    shuffled = rows + rows[: len(rows) // 2]
    random.shuffle(shuffled)

    # Then their candles are those that come of them one by one
    expected = plainly(rows, interval.milliseconds)
    found = resample(bars_of(shuffled), interval)
    assert [astuple(candle) for candle in found] == [pytest.approx(astuple(candle)) for candle in expected]
