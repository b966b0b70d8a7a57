"""What the Massive REST API answers, odd and captured."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leaderboard.reference import PreviousDay
from leaderboard.reference.massive import api
from leaderboard.reference.massive.answers import Bar, Float, MarketBar, Snapshot, read
from leaderboard.reference.source import SourceError
from tests.support.massive.market import KNOWN, MassiveSources, market
from tests.support.massive.rest import MassiveRest

MARKET_DATA = os.environ.get("MARKET_DATA")


def test_one_bad_record_spoils_no_other(
    massive_server: MassiveRest, massive_source: MassiveSources, caplog: pytest.LogCaptureFixture
) -> None:
    # Given records of all sorts among good ones
    massive_server.raw_snapshot = [
        {
            "ticker": "TEXT",
            "prevDay": {"o": "1.5", "c": "2.5", "v": 3, "dv": "3.25", "vw": None},
            "new": {"field": 1},
        },
        {"ticker": "ODD", "prevDay": {"c": -1, "h": "inf", "v": 7}},
        {"ticker": "A B", "prevDay": {"c": 1}},
        {"ticker": "WRONG", "prevDay": {"c": "a lot"}},
        {"ticker": 5},
        {"prevDay": {"c": 1}},
        "no record",
        None,
    ]
    asked = massive_source()

    # When they are read, twice
    for _ in range(2):
        known = market(asked)

    # Then what can be read is known
    assert known["A"] == KNOWN
    assert known["TEXT"].previous == PreviousDay(open=1.5, close=2.5, volume=3.25)
    assert known["ODD"].previous == PreviousDay(volume=7)
    assert set(known) == {"A", "B", "TEXT", "ODD"}

    # And the rest is told of once
    assert [each.getMessage() for each in caplog.records if each.name == api.__name__] == [
        "snapshot: 5 records that cannot be read, as " + repr(b'{"ticker":"WRONG","prevDay":{"c":"a lot"}}'),
        "snapshot: 1 symbols that no event can have, as 'A B'",
    ]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"<html>", "no JSON"),
        (b"", "no JSON"),
        (b'{"results":', "no JSON"),
        (b'{"tickers": [{"ticker": 5}, ', "no JSON"),
        (b'{"tickers": [{"ticker": "\xff"}]}', "no JSON"),
        (b'{"status": ' + b"[" * 5_000, "no JSON"),
        (b"[]", "not an answer as documented"),
        (b'{"tickers": 5}', "not an answer as documented"),
        (b'{"status": "ERROR", "error": "try later"}', "an error: 'try later'"),
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes, complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        read(body, Snapshot)


def test_a_record_that_is_no_text_spoils_no_other_beside_a_wrong_one() -> None:
    answer = read(b'{"tickers": [{"ticker": 5}, {"ticker": "\xff"}, {"ticker": "A"}]}', Snapshot)

    assert [each.ticker for each in answer.records] == ["A"]
    assert len(answer.unread) == 2


def test_of_records_that_all_are_wrong_none_is_left() -> None:
    answer = read(b'{"tickers": [{"ticker": "A", "prevDay": {"c": "a lot"}}]}', Snapshot)

    assert (answer.records, len(answer.unread)) == ([], 1)


@pytest.mark.parametrize("start", [1788877044000000000, 10**400, -(10**17)])
def test_a_daily_bar_whose_start_is_no_time_has_no_day(start: int) -> None:
    assert Bar(t=start).day is None


@pytest.mark.parametrize("body", [b"{}", b'{"results": null, "request_id": {}}', b'{"status": 5, "results": []}'])
def test_an_answer_may_hold_nothing(body: bytes) -> None:
    assert read(body, MarketBar).records == []


@pytest.mark.skipif(MARKET_DATA is None, reason="MARKET_DATA names no folder of market data")
@pytest.mark.parametrize(
    ("name", "kind", "known"),
    [
        (
            "rest_live_snapshot_all_untraded_ticker",
            Snapshot,
            {"AACI": PreviousDay(10.03, 10.05, 10.03, 10.0499, 553, 10.0436)},
        ),
        (
            "rest_live_snapshot_gainers_without_conditions",
            Snapshot,
            {"KTTAW": PreviousDay(0.0049, 0.0049, 0.0027, 0.0027, 30000, 0.003096)},
        ),
        (
            "v2_snapshot_locale_us_markets_stocks_tickers",
            Snapshot,
            {"BCAT": PreviousDay(20.79, 21, 20.5, 20.63, 292738, 20.6939)},
        ),
        (
            "v2_aggs_grouped_locale_us_market_stocks_date",
            MarketBar,
            {
                "KIMpL": PreviousDay(26.07, 26.25, 25.91, 25.9102, 4369, 26.0407),
                "TANH": PreviousDay(24.5, 24.763, 22.65, 23.4, 25933.6, 23.493),
                "VSAT": PreviousDay(34.9, 35.47, 34.21, 34.24, 312583, 34.4736),
            },
        ),
        ("stocks_vX_float", Float, {"AAPL": 15e9}),
    ],
)
def test_captured_answers(name: str, kind: Any, known: dict[str, Any]) -> None:
    answer = read((Path(MARKET_DATA or "") / "massive" / f"{name}.json").read_bytes(), kind)

    assert {each.ticker: _figures(each) for each in answer.records} == known
    assert answer.unread == []


def _figures(record: Snapshot | MarketBar | Float) -> PreviousDay | float | None:
    if isinstance(record, Float):
        return record.free_float
    bar = record if isinstance(record, MarketBar) else record.prev_day
    return None if bar is None else bar.previous_day()


@pytest.mark.skipif(MARKET_DATA is None, reason="MARKET_DATA names no folder of market data")
def test_captured_daily_bars_of_a_symbol() -> None:
    name = "v2_aggs_ticker_stocksTicker_range_multiplier_timespan_from_to.json"
    bars = read((Path(MARKET_DATA or "") / "massive" / name).read_bytes(), Bar).records

    assert [(each.day, each.volume) for each in bars] == [
        (date(2020, 1, 2), 135647456),
        (date(2020, 1, 3), 146535512),
    ]


@pytest.mark.skipif(MARKET_DATA is None, reason="MARKET_DATA names no folder of market data")
@pytest.mark.parametrize(
    "name",
    [
        "rest_sample_snapshot_single_AAPL_decimal_fields",
        "v2_snapshot_locale_us_markets_stocks_tickers_stocksTicker",
    ],
)
def test_captured_single_snapshots_in_one_of_many(
    massive_server: MassiveRest, massive_source: MassiveSources, name: str
) -> None:
    captured = msgspec.json.decode((Path(MARKET_DATA or "") / "massive" / f"{name}.json").read_bytes())
    massive_server.raw_snapshot = [captured["ticker"]]

    known = market(massive_source())["AAPL"].previous
    assert known == PreviousDay(117.19, 119.63, 116.44, 119.49, 110597265, 118.4998)
