"""Real bars through real workers, against the oracle. Their events are derived here, not by the feed."""

import csv
import gzip
import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from redis import Redis

from tests.support.boards import assert_as_expected, row
from tests.support.oracle import expected
from tests.support.processes import Processes

MARKET_DATA = os.environ.get("MARKET_DATA")

pytestmark = [
    pytest.mark.skipif(MARKET_DATA is None, reason="MARKET_DATA names no folder of market data"),
    # Tens of thousands of bars, one Celery task each.
    pytest.mark.timeout(1500),
]

Line = dict[str, str]


def file(name: str) -> str:
    return str(Path(MARKET_DATA or "") / "bars" / f"{name}.csv.gz")


def lines(name: str) -> list[Line]:
    with gzip.open(file(name), "rt", newline="") as opened:
        return sorted(csv.DictReader(opened), key=lambda line: int(line["window_start"]))


def events(day: list[Line], seconds: int) -> list[dict[str, Any]]:
    traded: dict[str, float] = defaultdict(float)
    made = []
    for line in day:
        traded[line["ticker"]] += float(line["volume"])
        start = int(line["window_start"]) // 1_000_000
        made.append(
            {
                "symbol": line["ticker"],
                "volume": float(line["volume"]),
                "accumulated_volume": traded[line["ticker"]],
                "open": float(line["open"]),
                "close": float(line["close"]),
                "high": float(line["high"]),
                "low": float(line["low"]),
                "start_timestamp": start,
                "end_timestamp": start + seconds * 1000,
            }
        )
    return made


def previous_day(day: list[Line]) -> dict[str, dict[str, float | None]]:
    by_symbol: dict[str, list[Line]] = defaultdict(list)
    for line in day:
        by_symbol[line["ticker"]].append(line)
    figures: dict[str, dict[str, float | None]] = {}
    for symbol, bars in by_symbol.items():
        regular = [bar for bar in bars if is_regular(bar)]
        weights = [float(bar["volume"]) for bar in regular]
        typical = [(float(bar["high"]) + float(bar["low"]) + float(bar["close"])) / 3 for bar in regular]
        figures[symbol] = {
            "prev_day_open": float(regular[0]["open"]),
            "prev_day_close": float(regular[-1]["close"]),
            "prev_day_high": max(float(bar["high"]) for bar in regular),
            "prev_day_low": min(float(bar["low"]) for bar in regular),
            "prev_day_volume": sum(float(bar["volume"]) for bar in bars),
            "prev_day_vwap": sum(t * w for t, w in zip(typical, weights, strict=True)) / sum(weights),
        }
    return figures


def is_regular(bar: Line) -> bool:
    local = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(bar["window_start"]) // 1000)
    clock = local.astimezone(ZoneInfo("America/New_York")).time()
    return (9, 30) <= (clock.hour, clock.minute) < (16, 0)


def assert_boards(redis: Redis, bars: list[dict[str, Any]], known: dict[str, dict[str, float | None]]) -> None:
    """As the oracle, with the volume-weighted price compared as the sum of floats that it is."""
    for symbol, figures in known.items():
        vwap = row(redis, symbol)["prev_day_vwap"]
        assert vwap == pytest.approx(figures["prev_day_vwap"], rel=1e-12)
        figures["prev_day_vwap"] = vwap
    assert_as_expected(redis, expected(bars, known))


def test_two_real_days_through_two_workers(processes: Processes, redis: Redis) -> None:
    # Given two workers
    for name in ("one", "two"):
        processes.worker(name, "--pool", "solo")

    # When two real days are replayed as fast as they go
    days = ("second-2013-10-07", "second-2013-10-08")
    replay = processes.run("feeds", "replay", *map(file, days), "--speed", "max", seconds=1400)
    assert replay.returncode == 0, replay.stderr

    # Then the boards are those of the second day, against the first
    first, second = (lines(day) for day in days)
    assert_boards(redis, events(first, 1) + events(second, 1), previous_day(first))
    assert not redis.exists("leaderboard:dead")


def test_a_split_day_reports_what_its_inputs_hold(processes: Processes, redis: Redis) -> None:
    # Given the day of a split of seven to one, whose first bar spans both prices
    processes.worker("one", "--concurrency", "2", FAST_LANE="0")
    files = (file("minute-2014-06-09"), "--previous", file("minute-2014-06-06"))

    # When it is replayed
    replay = processes.run("feeds", "replay", *files, "--speed", "max")
    assert replay.returncode == 0, replay.stderr

    # Then the change against the day before is the split's, and since the open it is not
    day = lines("minute-2014-06-09")
    assert_boards(redis, events(day, 60), previous_day(lines("minute-2014-06-06")))
    assert -86 < row(redis, "AAPL")["pct_change"] < -85
    assert abs(row(redis, "AAPL")["pct_change_since_open"]) < 3
