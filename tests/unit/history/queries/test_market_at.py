"""Boards, screens and quotes of one past second are what was published, to the byte."""

import shutil
from pathlib import Path

import msgspec
import pytest

from history.errors import NothingRecordedError
from history.queries.market_at import MarketAt, Wanted, market_at, markets_at
from leaderboard.market.selection import Selection
from leaderboard.screens.screen import Screen
from tests.support.made_day import MadeDay, made_day
from tests.support.market import at

SCREENS = [
    Screen("losers", "Losers", "", Selection.parse("pct_change_since_open", "ascending")),
    Screen("busy", "Busy", "", Selection.parse("volume_1m", where=["close > 11"])),
]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    return made_day(tmp_path_factory.mktemp("history"), 65, SCREENS, part_seconds=20)


def boards(found: MarketAt) -> dict[str, bytes]:
    return {name: b"[%b]" % b",".join(rows) for name, rows in found.boards.items()}


@pytest.mark.parametrize("second", [0, 19, 20, 61, 64])
def test_all_of_a_second_is_as_it_was_published(day: MadeDay, second: int) -> None:
    time = [*day.published][second]

    found = market_at(day.history, time, Wanted([*day.published[time]], ["S0", "S1", "NONE"]))

    assert boards(found) == day.published[time]
    assert found.published_at // 1000 == time // 1000
    rows = {row["symbol"]: row for row in msgspec.json.decode(day.published[time]["volume"])}
    assert found.newest_bar == max(row["end_timestamp"] for row in rows.values())
    quotes = {symbol: msgspec.json.decode(quote) for symbol, quote in found.quotes.items()}
    expected = {symbol: dict(row) for symbol, row in rows.items() if symbol in ("S0", "S1")}
    for row in expected.values():
        del row["rank"]
    assert quotes == expected


def test_as_many_rows_as_are_wanted(day: MadeDay) -> None:
    time = [*day.published][30]

    found = market_at(day.history, time, Wanted(["volume", "losers"], limit=2))

    for name in ("volume", "losers"):
        assert [*map(msgspec.json.decode, found.boards[name])] == msgspec.json.decode(day.published[time][name])[
            :2
        ]


def test_boards_are_known_where_screens_are_not(day: MadeDay, tmp_path: Path) -> None:
    # Given a day of which a part is lost
    copy = tmp_path / "history"
    shutil.copytree(day.history, copy)
    shutil.rmtree(copy / day.day.folder.name / day.day.parts()[1].name)
    times = [*day.published]

    # When a second is asked for at which only the windows of screens are not known
    found = market_at(copy, times[61], Wanted(["volume", "losers"]))

    # Then the boards are there, and of the screen it is said why it is not
    assert boards(found) == {"volume": day.published[times[61]]["volume"]}
    assert "are not known" in found.unknown["losers"]
    # And a screen that there was not
    assert "nobodys" in market_at(day.history, times[5], Wanted(["nobodys"])).unknown
    # And nothing is invented within the gap, or before the day
    for time in (times[30], at("04:00:00")):
        with pytest.raises(NothingRecordedError):
            market_at(copy, time, Wanted(["volume"]))


@pytest.mark.parametrize("step", [1, 7])
def test_a_run_of_seconds_is_what_each_of_them_is(day: MadeDay, step: int) -> None:
    # Given seconds on both sides of the open, in several parts, with windows
    times = [*day.published][2::step]
    wanted = Wanted(["volume", "gainers", "losers", "busy"], ["S0", "S3"], 5)

    # Then each is as if it was asked for alone
    assert markets_at(day.history, times, wanted) == [market_at(day.history, time, wanted) for time in times]
    whole = markets_at(day.history, times, Wanted([*day.published[times[0]]]))
    assert [boards(found) for found in whole if isinstance(found, MarketAt)] == [
        day.published[time] for time in times
    ]


def test_what_is_missing_between_seconds_costs_only_them(day: MadeDay, tmp_path: Path) -> None:
    # Given a day of which a part is lost
    copy = tmp_path / "history"
    shutil.copytree(day.history, copy)
    shutil.rmtree(copy / day.day.folder.name / day.day.parts()[1].name)
    times = [[*day.published][n] for n in (5, 30, 61)]

    # When seconds before it, within it and behind it are asked for at once
    before, within, behind = markets_at(copy, times, Wanted(["volume", "losers"]))

    # Then those are known that are known alone
    assert isinstance(before, MarketAt)
    assert boards(before) == {name: day.published[times[0]][name] for name in ("volume", "losers")}
    assert isinstance(within, NothingRecordedError)
    assert isinstance(behind, MarketAt)
    assert boards(behind) == {"volume": day.published[times[2]]["volume"]}
    assert "are not known" in behind.unknown["losers"]
