"""Reference data from the Massive REST API: what is asked when, and how few calls it takes."""

from datetime import date
from statistics import fmean

import pytest

from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.reference.massive import api
from leaderboard.reference.massive.source import DAYS
from leaderboard.reference.source import SourceError
from leaderboard.sessions import trading_days_before
from tests.support.market import TODAY
from tests.support.massive.market import AVERAGE, KNOWN, MassiveSources, market
from tests.support.massive.rest import Fault, Listing, MassiveRest

SATURDAY, SUNDAY, MONDAY = date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)


def test_the_whole_market_takes_some_thirty_calls(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    # When the whole market is asked for
    known = market(massive_source())

    # Then the snapshot tells the previous day, thirty days the average volume, and a page the floats
    assert known["A"] == KNOWN
    assert known["B"].previous.close == 20
    assert massive_server.calls == {"snapshot": 1, "grouped": 30, "float": 1}
    assert sum(query.get("adjusted") == "true" for _, query in massive_server.queries) == 30


@pytest.mark.parametrize(
    ("clock", "now", "day", "snapshots"),
    [
        ("03:50:00", TODAY, TODAY, 1),
        ("16:30:00", TODAY, TODAY, 1),
        ("23:59:59", TODAY, TODAY, 1),
        # Not cleared yet: its previous day is that of the day that ends.
        ("03:29:59", TODAY, TODAY, 0),
        # The trading day goes on; the snapshot may think of the next one.
        ("00:10:00", SATURDAY, TODAY, 0),
        ("12:00:00", SUNDAY, TODAY, 0),
        ("03:00:00", MONDAY, TODAY, 0),
        # A day that is over.
        ("08:00:00", MONDAY, TODAY, 0),
    ],
)
def test_the_snapshot_is_asked_only_while_it_is_of_the_day(
    massive_server: MassiveRest, massive_source: MassiveSources, clock: str, now: date, day: date, snapshots: int
) -> None:
    # Given a snapshot that a wrong previous day would show in
    massive_server.raw_snapshot = [{"ticker": "A", "prevDay": {"c": 99}}]

    # When the market is asked for at that time
    known = market(massive_source(clock, now), day)

    # Then the previous day is the snapshot's or the last trading day's, with as many calls
    assert known["A"].previous.close == (99 if snapshots else 10)
    assert known["A"].profile == KNOWN.profile
    assert (massive_server.calls["snapshot"], massive_server.calls["grouped"]) == (snapshots, 30)


def test_a_day_that_is_over_is_in_the_shares_of_its_time(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    market(massive_source("08:00:00", MONDAY), TODAY)

    assert {query["adjusted"] for kind, query in massive_server.queries if kind == "grouped"} == {"false"}


def test_a_ticker_without_a_bar_in_the_snapshot_has_that_of_the_last_day(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    # Given a snapshot with zeros, one without a previous day, and a symbol listed today
    zeros = dict.fromkeys(("o", "h", "l", "c", "v", "vw"), 0)
    massive_server.raw_snapshot = [{"ticker": "A", "prevDay": zeros}, {"ticker": "B", "prevDay": None}]
    massive_server.listings["NEW"] = Listing(since=TODAY)

    # Then zeros are nobody's prices
    known = market(massive_source())
    assert known["A"] == KNOWN
    assert known["B"].previous.close == 20
    assert known["NEW"] == Reference(PreviousDay(), Profile(free_float=5e6))


def test_a_market_of_many_comes_in_parts(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    massive_server.listings |= {f"S{n}": Listing() for n in range(2_500)}

    sizes = [len(part) for part in massive_source().fetch_all(TODAY) if part]

    assert sizes == [1_000, 1_000, 502]


def test_floats_come_in_pages_of_the_host_that_was_asked(
    massive_server: MassiveRest, massive_source: MassiveSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given pages of two, each of which says that the next one is on another host
    monkeypatch.setattr(api, "PAGE_SIZE", 2)
    massive_server.listings |= {name: Listing(free_float=float(n + 1)) for n, name in enumerate("CDE")}
    massive_server.listings["F"] = Listing(free_float=None)

    # Then all of them come, with the key, from this one
    known = market(massive_source())
    assert [known[symbol].profile.free_float for symbol in "ABCDEF"] == [5e6, 5e6, 1, 2, 3, None]
    assert massive_server.calls["float"] == 3


def test_pages_without_end_are_an_error(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    page = Fault(
        200, b'{"status":"OK","results":[],"next_url":"https://api.massive.com/stocks/vX/float?cursor=1-1"}'
    )
    massive_server.fail("float", *[page] * 60)

    with pytest.raises(SourceError, match="no end to its pages"):
        market(massive_source())
    assert massive_server.calls["float"] == api.MAX_PAGES


def test_some_symbols_are_named_in_one_call_of_a_kind(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    # Given a symbol that no bulk answer holds, and one that no market has
    massive_server.listings["OTC"] = Listing(in_bulk=False)

    # When they are asked for
    known = massive_source().fetch({"OTC", "NONE"}, TODAY)

    # Then the average alone takes a call of its own
    assert known == {"OTC": KNOWN}
    assert massive_server.calls == {"snapshot": 1, "float": 1, "range": 1}


def test_a_flood_of_unknown_symbols_costs_few_calls(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    assert massive_source().fetch({f"X{n}" for n in range(1_000)}, TODAY) == {}

    assert massive_server.calls == {"snapshot": 4}


def test_many_symbols_take_the_days_of_the_whole_market_once(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    # Given many symbols, of which one is in no bulk answer
    massive_server.listings |= {f"S{n}": Listing() for n in range(100)} | {"OTC": Listing(in_bulk=False)}
    asked = massive_source()

    # When they are asked for, half of them at a time
    known = dict(asked.fetch([*(f"S{n}" for n in range(50)), "OTC"], TODAY))
    known |= asked.fetch([f"S{n}" for n in range(50, 100)], TODAY)

    # Then no more than the one was asked for singly, and the market's days are remembered
    assert set(known.values()) == {KNOWN}
    assert len(known) == 101
    assert massive_server.calls == {"snapshot": 2, "float": 2, "grouped": 30, "range": 1}


def test_at_night_the_last_days_market_tells(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    known = massive_source("12:00:00", SUNDAY).fetch({"A", "NONE"}, TODAY)

    assert known == {"A": KNOWN}
    assert massive_server.calls == {"grouped": 1, "float": 1, "range": 1}


def test_an_average_by_itself_is_as_that_of_the_market(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    # Given a symbol that is listed for five days
    massive_server.listings["NEW"] = Listing(since=trading_days_before(TODAY, 5)[0])

    single = massive_source().fetch({"NEW"}, TODAY)["NEW"].profile.avg_volume

    assert single == market(massive_source())["NEW"].profile.avg_volume == 998


def test_a_symbol_that_the_service_rejects_does_not_hold_up_others(
    massive_server: MassiveRest, massive_source: MassiveSources, caplog: pytest.LogCaptureFixture
) -> None:
    massive_server.fail("range", Fault(400, b'{"status":"ERROR","error":"what is that"}'))

    known = massive_source().fetch({"A", "B"}, TODAY)

    assert sorted(known[symbol].profile.avg_volume or 0 for symbol in "AB") == [0, AVERAGE]
    assert "what is that" in caplog.text


def test_a_symbol_stays_within_its_place_in_the_address(
    massive_server: MassiveRest, massive_source: MassiveSources
) -> None:
    massive_server.listings["A/B"] = Listing()

    assert massive_source().fetch({"A/B"}, TODAY) == {"A/B": KNOWN}


def test_an_empty_day_is_not_counted(massive_server: MassiveRest, massive_source: MassiveSources) -> None:
    massive_server.fail("grouped", Fault(200, b'{"queryCount":0,"resultsCount":0,"adjusted":true,"status":"OK"}'))

    # The first to be asked for is the last trading day.
    known = market(massive_source())["A"]
    assert known.profile.avg_volume == pytest.approx(fmean(1000 - age for age in range(1, DAYS)))
