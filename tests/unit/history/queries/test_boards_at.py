"""Boards and screens of a past second are what was published, to the byte."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import Result

from config import settings as configuration
from history.errors import NothingRecordedError
from history.queries.boards_at import board_at
from leaderboard.market.selection import Selection
from leaderboard.screens.screen import Screen
from tests.support.made_day import MadeDay, made_day
from tests.support.market import at

SCREENS = [
    Screen("losers", "Losers", "", Selection.parse("pct_change_since_open", "ascending")),
    Screen("rare", "Rare", "", Selection.parse("close", where=["close > 1e9"])),
    Screen("busy", "Busy", "", Selection.parse("volume_1m", where=["close > 11"])),
]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    return made_day(tmp_path_factory.mktemp("history"), 65, SCREENS, part_seconds=20)


@pytest.mark.parametrize("name", ["volume", "gainers", "busy"])
def test_any_second_is_as_it_was_published(day: MadeDay, name: str) -> None:
    # Given seconds before and after the open, before and after a minute, and on both sides of a stored state
    seconds = [[*day.published][n] for n in (0, 19, 20, 59, 60, 64)]

    # When / Then
    for time in seconds:
        found = board_at(day.history, name, time)
        assert found.json() == day.published[time][name]
        assert found.slot == time // 1000


def test_what_was_published_stands_until_the_next_tick(day: MadeDay) -> None:
    # Given the last tick of the day
    last = max(day.published)

    # When / Then
    assert board_at(day.history, "volume", last + 60_000).json() == day.published[last]["volume"]
    assert len(board_at(day.history, "volume", last, limit=2).rows) == 2


def test_a_replayed_day_is_found_by_when_it_was_published(day: MadeDay, tmp_path: Path) -> None:
    # Given bars of another day that were published on this one, after those of a third one
    for name in ("2013-10-08", "2026-12-01"):
        shutil.copytree(day.day.folder, tmp_path / name)
    for part in (tmp_path / "2026-12-01").iterdir():
        part.rename(part.with_name(part.name.replace("20261120T14", "20261120T15")))

    # When / Then
    assert configuration.settings().market_clock == "events"
    last = max(day.published)
    assert board_at(tmp_path, "volume", last).json() == day.published[last]["volume"]


def test_what_is_not_known_is_never_invented(day: MadeDay, tmp_path: Path) -> None:
    # Given a day of which a part is lost
    copy = tmp_path / "history"
    shutil.copytree(day.history, copy)
    folder = copy / day.day.folder.name
    shutil.rmtree(folder / day.day.parts()[1].name)
    times = [*day.published]

    # When / Then: nothing is known until the next stored state, and the windows not until they reach back to it
    assert board_at(copy, "volume", times[19]).json() == day.published[times[19]]["volume"]
    for second in (30, 45):
        with pytest.raises(NothingRecordedError, match="is not known"):
            board_at(copy, "volume", times[second])
    assert board_at(copy, "volume", times[61]).json() == day.published[times[61]]["volume"]
    with pytest.raises(NothingRecordedError, match=r"windows of .* are not known"):
        board_at(copy, "losers", times[61])
    with pytest.raises(NothingRecordedError, match="No boards are"):
        board_at(copy, "volume", at("04:00:00"))
    with pytest.raises(NothingRecordedError, match="No screen 'nobodys'"):
        board_at(copy, "nobodys", times[5])


def test_windows_never_reach_across_a_gap(tmp_path: Path) -> None:
    # Given parts of one second each, of which the second one is lost
    day = MadeDay(tmp_path, SCREENS, part_seconds=1)
    times = [at(clock) for clock in ("09:31:00", "09:31:10", "09:37:00", "09:37:10")]
    for n, time in enumerate(times, 1):
        day.second([{"sym": "S1", "s": time - 1000, "e": time, "c": 10 + n, "av": 100 * n}], time)
    shutil.rmtree(day.day.folder / day.day.parts()[1].name)

    # When / Then: the board follows from a state behind the gap, the windows compare with what was before it
    assert board_at(tmp_path, "volume", times[3]).json() == day.published[times[3]]["volume"]
    with pytest.raises(NothingRecordedError, match="is not known"):
        board_at(tmp_path, "busy", times[3])


def test_the_command_prints_a_board(day: MadeDay, run: Callable[..., Result]) -> None:
    # Given
    time = at("09:30:20")

    def output(*arguments: str, name: str = "gainers") -> str:
        return run("boards", name, "--at", "2026-11-20T09:30:20", *arguments).output

    # When / Then: for programs, for spreadsheets and for people
    rows = msgspec.json.decode(day.published[time]["gainers"])
    assert output("--json") == day.published[time]["gainers"].decode() + "\n"
    lines = output("--csv", "--limit", "1").splitlines()
    assert lines[0].split(",") == [*rows[0]]
    assert lines[1].split(",")[:2] == ["1", rows[0]["symbol"]]
    assert len(lines) == 2
    assert rows[0]["symbol"] in output()

    # And null is an empty cell, and a screen without rows has a line of names
    names, *lines = output("--csv", name="losers").splitlines()
    assert names.endswith("pct_change_5m,volume_1m,volume_5m")
    assert lines
    assert {line.split(",")[-1] for line in lines} == {""}
    assert output("--csv", name="rare") == names + "\n"
    assert run("boards", "gainers", "--at", "noon").exit_code == 2
