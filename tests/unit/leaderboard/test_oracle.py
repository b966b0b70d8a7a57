"""The model itself against cases worked out by hand: every expected number below is a literal."""

import ast
import sys
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from leaderboard.boards import BOARDS
from leaderboard.fields import NAMES
from tests.support import oracle, screen_oracle
from tests.support.oracle import Figures, expected

MAX = sys.float_info.max


def ms(moment: str) -> int:
    """Unix milliseconds of a moment that spells out its offset: -05:00 is EST, -04:00 is EDT."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def bar(symbol: str, start: str, end: str | None = None, **fields: Any) -> dict[str, Any]:
    """An event; without an end it is one second long."""
    start_timestamp = ms(start)
    end_timestamp = start_timestamp + 1000 if end is None else ms(end)
    return {
        "symbol": symbol,
        "close": 10.0,
        "start_timestamp": start_timestamp,
        "end_timestamp": end_timestamp,
        **fields,
    }


@pytest.mark.parametrize(
    ("start", "session"),
    [
        # A Tuesday in winter: the day starts at 04:00, its regular session at 09:30.
        ("2025-01-14T03:59:59-05:00", (date(2025, 1, 13), "regular")),
        ("2025-01-14T03:59:59.999-05:00", (date(2025, 1, 13), "regular")),
        ("2025-01-14T04:00:00-05:00", (date(2025, 1, 14), "pre")),
        ("2025-01-14T09:29:59.999-05:00", (date(2025, 1, 14), "pre")),
        ("2025-01-14T09:30:00-05:00", (date(2025, 1, 14), "regular")),
        ("2025-01-14T23:59:59-05:00", (date(2025, 1, 14), "regular")),
        # A weekend belongs to its Friday, until Monday 04:00.
        ("2025-01-11T05:00:00-05:00", (date(2025, 1, 10), "regular")),
        ("2025-01-11T12:00:00-05:00", (date(2025, 1, 10), "regular")),
        ("2025-01-13T03:59:59-05:00", (date(2025, 1, 10), "regular")),
        ("2025-01-13T04:00:00-05:00", (date(2025, 1, 13), "pre")),
        # Independence Day 2024, a Thursday, and the day after.
        ("2024-07-04T10:00:00-04:00", (date(2024, 7, 3), "regular")),
        ("2024-07-05T03:59:59-04:00", (date(2024, 7, 3), "regular")),
        ("2024-07-05T04:00:00-04:00", (date(2024, 7, 5), "pre")),
        # A day of mourning; a Good Friday and its weekend; a holiday moved to the Friday before.
        ("2025-01-09T10:00:00-05:00", (date(2025, 1, 8), "regular")),
        ("2013-03-31T10:00:00-04:00", (date(2013, 3, 28), "regular")),
        ("2026-07-03T10:00:00-04:00", (date(2026, 7, 2), "regular")),
        # New Year's Day looks back into a year that is not in the table: 2023-12-31 was a Sunday.
        ("2024-01-01T10:00:00-05:00", (date(2023, 12, 29), "regular")),
        ("2013-01-01T10:00:00-05:00", (date(2012, 12, 31), "regular")),
        # Spring forward, Sunday 2024-03-10: 04:00 in New York is 09:00Z on Friday and 08:00Z on Monday.
        ("2024-03-08T08:59:59+00:00", (date(2024, 3, 7), "regular")),
        ("2024-03-08T09:00:00+00:00", (date(2024, 3, 8), "pre")),
        ("2024-03-10T08:00:00+00:00", (date(2024, 3, 8), "regular")),
        ("2024-03-11T07:59:59+00:00", (date(2024, 3, 8), "regular")),
        ("2024-03-11T08:00:00+00:00", (date(2024, 3, 11), "pre")),
        ("2024-03-11T13:29:59+00:00", (date(2024, 3, 11), "pre")),
        ("2024-03-11T13:30:00+00:00", (date(2024, 3, 11), "regular")),
        # Fall back, Sunday 2024-11-03: 04:00 in New York is 08:00Z on Friday and 09:00Z on Monday.
        ("2024-11-01T08:00:00+00:00", (date(2024, 11, 1), "pre")),
        ("2024-11-03T09:00:00+00:00", (date(2024, 11, 1), "regular")),
        ("2024-11-04T08:59:59+00:00", (date(2024, 11, 1), "regular")),
        ("2024-11-04T09:00:00+00:00", (date(2024, 11, 4), "pre")),
        ("2024-11-04T14:29:59+00:00", (date(2024, 11, 4), "pre")),
        ("2024-11-04T14:30:00+00:00", (date(2024, 11, 4), "regular")),
    ],
)
def test_session_follows_the_new_york_clock_and_the_exchange_calendar(
    start: str, session: tuple[date, str]
) -> None:
    """Given one event, when it is all there is, then the clock ends on the session it starts in."""
    assert expected([bar("AAPL", start)]).session == session


def test_session_of_a_plain_number_of_milliseconds() -> None:
    """Given 2024-07-05 08:00:00Z as a number, which is 04:00 EDT, then one millisecond parts two days."""
    at_four = {"sym": "AAPL", "c": 10, "s": 1720166400000, "e": 1720166401000}
    just_before = {"sym": "AAPL", "c": 10, "s": 1720166399999, "e": 1720166401000}

    assert expected([at_four]).session == (date(2024, 7, 5), "pre")
    assert expected([just_before]).session == (date(2024, 7, 3), "regular")


def test_year_without_a_holiday_table_is_refused() -> None:
    """Given an event of a year whose holidays are unknown, then the model says so rather than guess."""
    with pytest.raises(ValueError, match="2015"):
        expected([bar("AAPL", "2015-06-01T10:00:00-04:00")])


def test_no_events() -> None:
    """Given no events, then there is no session and everything is empty."""
    result = expected([])

    assert result.session is None
    assert result.boards == {board.name: {} for board in BOARDS}
    assert result.rows == {}
    assert result.opens == {"pre": {}, "regular": {}}
    assert result.ranked("volume") == []


def test_whole_row_in_both_spellings() -> None:
    """Given one bar in the wire's spelling and in the long one, when its reference data is known, then both
    give the same row: 12 against 8 is +50 %, 12 against an open of 9.6 +25 %, 4500.5 of 1800.2 is 2.5.
    """
    wire = {
        "ev": "A",
        "sym": "BRK.B",
        "v": 100,
        "dv": "100.25",
        "av": 4500,
        "dav": "4500.5",
        "op": 9.5,
        "vw": 11.75,
        "o": 9.6,
        "c": 12,
        "h": 12.5,
        "l": 9.25,
        "a": 11.0,
        "z": 50,
        "s": 1720188000000,
        "e": 1720188001000,
        "otc": False,
        "unknown": "ignored",
    }
    long = {
        "event_type": "A",
        "symbol": "BRK.B",
        "volume": 100.25,
        "dv": None,
        "accumulated_volume": 4500.5,
        "official_open_price": 9.5,
        "vwap": 11.75,
        "open": 9.6,
        "close": 12.0,
        "high": 12.5,
        "low": 9.25,
        "aggregate_vwap": 11.0,
        "average_size": 50.0,
        "start_timestamp": 1720188000000,
        "end_timestamp": 1720188001000,
        "otc": None,
    }
    reference: dict[str, Figures] = {
        "BRK.B": {
            "prev_day_open": 7.0,
            "prev_day_high": 8.5,
            "prev_day_low": 6.5,
            "prev_day_close": 8.0,
            "prev_day_volume": 9000.0,
            "prev_day_vwap": 7.5,
            "avg_volume": 1800.2,
            "free_float": 1000000.0,
            "volume_profile": [0.0, *[2250.25] * 192],
            "rvol_sessions": 21,
        }
    }

    result = expected([wire], reference)

    row = result.rows["BRK.B"]
    assert tuple(row) == NAMES
    assert row.pop("change_since_open") == pytest.approx(2.4)
    assert row.pop("pct_change_since_open") == pytest.approx(25.0)
    assert row.pop("relative_volume") == pytest.approx(2.5)
    assert row == {
        "symbol": "BRK.B",
        "volume": 100.25,
        "free_float": 1000000.0,
        "accumulated_volume": 4500.5,
        "official_open_price": 9.5,
        "vwap": 11.75,
        "open": 9.6,
        "close": 12.0,
        "high": 12.5,
        "low": 9.25,
        "aggregate_vwap": 11.0,
        "average_size": 50.0,
        "avg_volume": 1800.2,
        "prev_day_close": 8.0,
        "prev_day_open": 7.0,
        "prev_day_high": 8.5,
        "prev_day_low": 6.5,
        "prev_day_volume": 9000.0,
        "prev_day_vwap": 7.5,
        "change": 4.0,
        "pct_change": 50.0,
        "start_timestamp": 1720188000000,
        "end_timestamp": 1720188001000,
        "day_high": 12.5,
        "day_low": 9.25,
        "high_at": 1720188001000,
        "pre_high": 0.0,
        "pre_low": 0.0,
        "regular_close": 12.0,
        "pct_change_after_hours": 0.0,
        "dollar_volume": 49505.5,
        "rvol": 2.0,
        "rvol_sessions": 21.0,
    }
    assert result.boards["volume"] == {"BRK.B": 4500.5}
    assert result.boards["gappers"] == {"BRK.B": 50.0}
    assert result.boards["gainers"] == pytest.approx({"BRK.B": 25.0})
    assert expected([long], reference) == expected([wire], reference)


def test_unknown_reference_reads_no_change() -> None:
    """Given a symbol without reference data and nulls in its bar, then changes read 0, never -100 %."""
    event = bar("NEWCO", "2024-07-05T10:00:00-04:00", volume=300, vwap=10.5, open=None, high=None, op=None)

    row = expected([event]).rows["NEWCO"]

    assert row["prev_day_close"] == 10.0
    assert row["prev_day_volume"] == 300.0
    assert row["prev_day_vwap"] == 10.5
    assert (row["prev_day_open"], row["prev_day_high"], row["prev_day_low"]) == (0.0, 0.0, 0.0)
    assert (row["change"], row["pct_change"]) == (0.0, 0.0)
    assert row["open"] == 10.0
    assert (row["change_since_open"], row["pct_change_since_open"]) == (0.0, 0.0)
    assert (row["avg_volume"], row["relative_volume"], row["free_float"]) == (0.0, 0.0, 0.0)
    assert (row["high"], row["low"], row["official_open_price"], row["accumulated_volume"]) == (0, 0, 0, 0)


def test_reference_is_unknown_column_by_column() -> None:
    """Given a known previous close, a null average volume and nothing else, then each stands for itself."""
    event = bar("HALF", "2024-07-05T10:00:00-04:00", volume=300, accumulated_volume=900)

    row = expected([event], {"HALF": {"prev_day_close": 8.0, "avg_volume": None}}).rows["HALF"]

    assert (row["change"], row["pct_change"]) == (2.0, 25.0)
    assert (row["prev_day_volume"], row["avg_volume"], row["relative_volume"]) == (300.0, 0.0, 0.0)


def test_a_price_of_zero_is_no_price() -> None:
    """Given a previous close and an open of 0, then the close stands in for both, and changes are 0."""
    event = bar("ZERO", "2024-07-05T10:00:00-04:00", open=0, vwap=9.5)

    row = expected([event], {"ZERO": {"prev_day_close": 0.0, "prev_day_vwap": 0, "prev_day_volume": 0}}).rows[
        "ZERO"
    ]

    assert (row["prev_day_close"], row["prev_day_vwap"], row["prev_day_volume"]) == (10.0, 9.5, 0.0)
    assert (row["change"], row["pct_change"]) == (0.0, 0.0)
    assert row["open"] == 10.0
    assert (row["change_since_open"], row["pct_change_since_open"]) == (0.0, 0.0)


def test_the_open_is_of_the_earliest_bar_that_has_one() -> None:
    """Given bars without any price before one of 8, then 8 is the open: 12 against it is +50 %."""
    events = [
        bar("AAPL", "2024-07-05T09:30:00-04:00", close=0),
        bar("AAPL", "2024-07-05T09:30:01-04:00", open=0, close=8.0),
        bar("AAPL", "2024-07-05T09:30:02-04:00", open=9.0, close=12.0),
    ]

    assert expected(events).opens["regular"] == {"AAPL": 8.0}
    assert expected(events).boards["gainers"] == {"AAPL": 50.0}
    assert expected(events[:1]).opens["regular"] == {"AAPL": 0.0}


def test_quotients_are_held_within_a_double() -> None:
    """Given prices and volumes whose quotients overflow, then the largest double stands in for infinity."""
    event = bar("HUGE", "2024-07-05T10:00:00-04:00", close=1e308, open=1e-300, accumulated_volume=1e308)

    row = expected([event], {"HUGE": {"prev_day_close": 1e-300, "avg_volume": 1e-300}}).rows["HUGE"]

    assert (row["pct_change"], row["pct_change_since_open"], row["relative_volume"]) == (MAX, MAX, MAX)


def test_equal_scores_rank_in_descending_byte_order() -> None:
    """Given equal volumes, then lower case (0x61...) leads capitals, and a longer name its own beginning."""
    volumes = {"A": 500, "AA": 500, "B": 500, "a": 500, "TOP": 700, "LAST": 100}
    moment = "2024-07-05T10:00:00-04:00"
    events = [bar(symbol, moment, accumulated_volume=volume) for symbol, volume in volumes.items()]

    result = expected(events)

    ranks = [(row["rank"], row["symbol"]) for row in result.ranked("volume")]
    assert ranks == [(1, "TOP"), (2, "a"), (3, "B"), (4, "AA"), (5, "A"), (6, "LAST")]
    assert [row["symbol"] for row in result.ranked("volume", size=2)] == ["TOP", "a"]
    first = result.ranked("volume")[0]
    assert tuple(first) == ("rank", *NAMES)


def test_only_the_volume_board_is_cut() -> None:
    """Given three symbols and a board of two, then the volume board keeps two, the tie going to the higher
    name; the other boards and the rows keep all three.
    """
    events = [
        bar("A", "2024-07-05T10:00:00-04:00", accumulated_volume=500),
        bar("B", "2024-07-05T10:00:00-04:00", accumulated_volume=500),
        bar("C", "2024-07-05T10:00:00-04:00", accumulated_volume=900),
    ]

    result = expected(events, board_size=2)

    assert result.boards["volume"] == {"C": 900.0, "B": 500.0}
    assert result.boards["gappers"] == {"A": 0.0, "B": 0.0, "C": 0.0}
    assert result.boards["gainers"] == {"A": 0.0, "B": 0.0, "C": 0.0}
    assert result.rows.keys() == {"A", "B", "C"}


def test_regular_session_starts_with_empty_gainers() -> None:
    """Given one symbol that traded before 09:30 only and one that traded after, then gainers holds the second
    alone, while volume and gappers hold both.
    """
    events = [
        bar("EARLY", "2024-07-05T08:00:00-04:00", open=8.0, close=10.0, accumulated_volume=100),
        bar("LATER", "2024-07-05T09:30:00-04:00", open=8.0, close=12.0, accumulated_volume=200),
    ]

    result = expected(events)

    assert result.session == (date(2024, 7, 5), "regular")
    assert result.boards["gainers"] == {"LATER": 50.0}
    assert result.boards["gappers"] == {"EARLY": 0.0, "LATER": 0.0}
    assert result.boards["volume"] == {"EARLY": 100.0, "LATER": 200.0}
    assert result.opens == {"pre": {"EARLY": 8.0}, "regular": {"LATER": 8.0}}
    assert result.rows["EARLY"]["pct_change_since_open"] == 25.0


def test_symbol_whose_newest_bar_is_pre_market_leaves_gainers() -> None:
    """Given a one-second bar of 09:30:00 and a minute bar of 09:29:30 that ends after it, when the minute bar
    is the newest, then the row uses the pre-market open, and the symbol is not on gainers.
    """
    second = bar("AAPL", "2024-07-05T09:30:00-04:00", open=10.0, close=11.0, accumulated_volume=1000)
    minute = bar(
        "AAPL",
        "2024-07-05T09:29:30-04:00",
        "2024-07-05T09:30:30-04:00",
        open=8.0,
        close=12.0,
        accumulated_volume=1500,
    )

    alone = expected([second])
    both = expected([second, minute])

    assert alone.boards["gainers"] == {"AAPL": 10.0}
    assert both.session == (date(2024, 7, 5), "regular")
    assert both.boards["gainers"] == {}
    assert both.boards["volume"] == {"AAPL": 1500.0}
    assert (both.rows["AAPL"]["open"], both.rows["AAPL"]["pct_change_since_open"]) == (8.0, 50.0)
    assert both.opens == {"pre": {"AAPL": 8.0}, "regular": {"AAPL": 10.0}}


def test_late_day_changes_nothing() -> None:
    """Given events of Friday, when one of Wednesday (before the holiday) is among them, with a later end and
    a greater volume, and another symbol of Wednesday, then nothing of Wednesday shows.
    """
    friday = bar("AAPL", "2024-07-05T08:00:00-04:00", open=8.0, close=10.0, accumulated_volume=100)
    late = bar(
        "AAPL",
        "2024-07-04T12:00:00-04:00",
        "2024-07-05T12:00:00-04:00",
        open=1.0,
        close=99.0,
        accumulated_volume=9999,
    )
    other = bar("MSFT", "2024-07-03T12:00:00-04:00", accumulated_volume=5000)

    result = expected([friday, late, other])

    assert result == expected([friday])
    assert result.session == (date(2024, 7, 5), "pre")
    assert [result.boards[name] for name in ("volume", "gappers", "gainers")] == [
        {"AAPL": 100.0}, {"AAPL": 0.0}, {"AAPL": 25.0},
    ]  # fmt: skip
    assert result.opens == {"pre": {"AAPL": 8.0}, "regular": {}}


def test_earlier_open_that_arrives_later_becomes_the_open() -> None:
    """Given a bar of 09:30:05, when the bar of 09:30:00 comes after it, then the row stays the newer bar's,
    and its change is counted from the earlier open: 12 against 8 is +50 %.
    """
    newer = bar("AAPL", "2024-07-05T09:30:05-04:00", open=10.0, close=12.0, accumulated_volume=500)
    earlier = bar("AAPL", "2024-07-05T09:30:00-04:00", open=8.0, close=9.0, accumulated_volume=300)

    before = expected([newer])
    after = expected([newer, earlier])

    assert before.boards["gainers"] == {"AAPL": 20.0}
    assert after.boards["gainers"] == {"AAPL": 50.0}
    assert after.opens == {"pre": {}, "regular": {"AAPL": 8.0}}
    assert (after.rows["AAPL"]["close"], after.rows["AAPL"]["accumulated_volume"]) == (12.0, 500.0)
    assert (after.rows["AAPL"]["open"], after.rows["AAPL"]["change_since_open"]) == (8.0, 4.0)


def test_newest_bar_is_by_end_then_volume() -> None:
    """Given bars that end together, then the greater volume wins; given a later end, even a smaller one."""
    small = bar("AAPL", "2024-07-05T10:00:00-04:00", close=10.0, accumulated_volume=100)
    great = bar("AAPL", "2024-07-05T10:00:00-04:00", close=11.0, accumulated_volume=200)
    later = bar("AAPL", "2024-07-05T10:00:01-04:00", close=12.0, accumulated_volume=50)

    assert expected([great, small]).rows["AAPL"]["close"] == 11.0
    assert expected([later, great, small]).rows["AAPL"]["close"] == 12.0
    assert expected([later, great, small]).boards["volume"] == {"AAPL": 50.0}


def test_highs_and_lows_of_the_day_and_of_the_pre_market() -> None:
    """Given two bars before the open and three after it, of which two reach the same high, then the earlier end of
    these is when it was, and the bars before the open have a high and a low of their own.
    """
    events = [
        bar("AAPL", "2024-07-05T08:00:00-04:00", high=11.0, low=9.5),
        bar("AAPL", "2024-07-05T09:29:59-04:00", high=10.5, low=9.0),
        bar("AAPL", "2024-07-05T09:30:00-04:00", high=12.0, low=10.0),
        bar("AAPL", "2024-07-05T09:30:00-04:00", "2024-07-05T09:31:00-04:00", high=12.0, low=8.0),
        bar("AAPL", "2024-07-05T10:00:00-04:00", high=11.0, low=8.5),
    ]

    row = expected(events).rows["AAPL"]

    assert (row["day_high"], row["day_low"]) == (12.0, 8.0)
    assert row["high_at"] == ms("2024-07-05T09:30:01-04:00")
    assert (row["pre_high"], row["pre_low"]) == (11.0, 9.0)


def test_a_bar_without_high_or_low_counts_with_its_close() -> None:
    """Given a bar of nothing but a close, and one of no price at all, then the first alone makes high and low."""
    events = [
        bar("AAPL", "2024-07-05T08:00:00-04:00", close=0),
        bar("AAPL", "2024-07-05T08:00:01-04:00", close=7.0, high=None, low=0),
    ]

    row = expected(events).rows["AAPL"]
    without = expected(events[:1]).rows["AAPL"]

    assert [row[name] for name in ("day_high", "day_low", "pre_high", "pre_low")] == [7.0] * 4
    assert row["high_at"] == ms("2024-07-05T08:00:02-04:00")
    assert [without[name] for name in ("day_high", "day_low", "high_at", "pre_high", "pre_low")] == [0.0] * 5


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        ("2024-07-05T09:29:59-04:00", "pre"),
        ("2024-07-05T09:30:00-04:00", "regular"),
        ("2024-07-05T15:59:59.999-04:00", "regular"),
        ("2024-07-05T16:00:00-04:00", "post"),
        # After hours end with the trading day: here with Monday's.
        ("2024-07-05T22:00:00-04:00", "post"),
        ("2024-07-08T03:59:59-04:00", "post"),
        # Early closes: the day before Independence Day, the day after Thanksgiving.
        ("2024-07-03T12:59:59-04:00", "regular"),
        ("2024-07-03T13:00:00-04:00", "post"),
        ("2026-11-27T12:59:59-05:00", "regular"),
        ("2026-11-27T13:00:00-05:00", "post"),
        # The Mondays after the clock went forward and back.
        ("2026-03-09T19:59:59+00:00", "regular"),
        ("2026-03-09T20:00:00+00:00", "post"),
        ("2026-11-02T20:59:59+00:00", "regular"),
        ("2026-11-02T21:00:00+00:00", "post"),
    ],
)
def test_hours_of_a_bar(start: str, hours: str) -> None:
    """Given one bar, then its start decides whose hours it is of."""
    assert oracle.hours_of(oracle.read_bar(bar("AAPL", start))) == hours


def test_change_after_hours_is_against_the_newest_bar_of_the_regular_hours() -> None:
    """Given bars before and after the close, the regular hours' newest of 8, then 12 after it is +50 %; and 0
    where there was none of the regular hours, or where the row's bar is of these.
    """
    regular = [
        bar("AAPL", "2024-07-05T15:59:57-04:00", close=9.0, accumulated_volume=10),
        bar("AAPL", "2024-07-05T15:59:59-04:00", close=7.0, accumulated_volume=20),
        bar("AAPL", "2024-07-05T15:59:59-04:00", close=8.0, accumulated_volume=30),
    ]
    after = bar("AAPL", "2024-07-05T16:00:00-04:00", close=12.0, accumulated_volume=40)

    row, alone, before = (expected(events).rows["AAPL"] for events in ([*regular, after], [after], regular))

    assert (row["regular_close"], row["pct_change_after_hours"]) == (8.0, 50.0)
    assert (alone["regular_close"], alone["pct_change_after_hours"]) == (0.0, 0.0)
    assert (before["regular_close"], before["pct_change_after_hours"]) == (8.0, 0.0)


def test_dollar_volume_is_at_the_days_mean_price() -> None:
    """Given a volume, then it is worth that times the day's mean price, else the bar's; at most the greatest."""
    bars = [
        bar("DAY", "2024-07-05T10:00:00-04:00", accumulated_volume=100, aggregate_vwap=9.0, vwap=11.0),
        bar("BAR", "2024-07-05T10:00:00-04:00", accumulated_volume=100, vwap=11.0),
        bar("NONE", "2024-07-05T10:00:00-04:00", accumulated_volume=100),
        bar("HUGE", "2024-07-05T10:00:00-04:00", accumulated_volume=MAX, vwap=11.0),
    ]

    found = {symbol: row["dollar_volume"] for symbol, row in expected(bars).rows.items()}

    assert found == {"DAY": 900.0, "BAR": 1100.0, "NONE": 0.0, "HUGE": MAX}


@pytest.mark.parametrize(
    ("end", "usual"),
    [
        # 100 shares more every five minutes.
        ("2024-07-05T04:00:00-04:00", 0.0),
        ("2024-07-05T04:05:00-04:00", 100.0),
        ("2024-07-05T04:06:15-04:00", 125.0),
        ("2024-07-05T19:59:00-04:00", 19180.0),
        ("2024-07-05T20:00:00-04:00", 19200.0),
        ("2024-07-07T12:00:00-04:00", 19200.0),
        # A bar that ends before its day starts is of no trading: the first mean is usual then.
        ("2024-07-05T03:59:00-04:00", 0.0),
    ],
)
def test_usual_volume_is_interpolated_between_five_minutes(end: str, usual: float) -> None:
    """Given a profile, then a bar's end says how much is usual, and `rvol` is in multiples of it."""
    made = bar("AAPL", "2024-07-05T04:00:00-04:00", end, accumulated_volume=usual * 2)
    profile: Figures = {"volume_profile": [100.0 * n for n in range(193)], "rvol_sessions": 30}

    row = expected([made], {"AAPL": profile}).rows["AAPL"]

    assert oracle.usual_volume(oracle.read_bar(made), profile["volume_profile"]) == pytest.approx(usual)
    assert row["rvol"] == pytest.approx(2.0 if usual else 0.0)
    assert row["rvol_sessions"] == 30


def test_order_and_duplicates_do_not_matter() -> None:
    """Given bars that tie in all but one field, then any order and any repetition gives the same answer."""
    events = [
        bar("AAPL", "2024-07-05T10:00:00-04:00", open=9.0, accumulated_volume=100),
        bar("AAPL", "2024-07-05T10:00:00-04:00", open=7.0, accumulated_volume=100),
        bar("AAPL", "2024-07-05T10:00:00-04:00", open=8.0, accumulated_volume=100, average_size=5),
        bar("MSFT", "2024-07-05T09:00:00-04:00", accumulated_volume=70),
    ]

    result = expected(events)

    assert result == expected(reversed(events)) == expected(events + events[1:])
    assert result.opens == {"pre": {"MSFT": 10.0}, "regular": {"AAPL": 7.0}}
    assert result.rows["AAPL"]["average_size"] == 5.0


@pytest.mark.parametrize(
    ("model", "reads"),
    [(oracle, {"leaderboard.boards"}), (screen_oracle, {"tests.support.oracle"})],
    ids=["boards", "screens"],
)
def test_it_shares_no_code_with_what_it_checks(model: ModuleType, reads: set[str]) -> None:
    """Given its source, then all that it imports is Python's own, the table of boards and the other model."""
    statements = list(ast.walk(ast.parse(Path(str(model.__file__)).read_text())))
    imported = {alias.name for each in statements if isinstance(each, ast.Import) for alias in each.names}
    imported |= {str(each.module) for each in statements if isinstance(each, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in imported - reads} <= sys.stdlib_module_names
