"""A recorded day is verified, and what is wrong in it is found."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from typer.testing import Result

from history.archive.schema import BARS, STATES, TICKS, Table
from history.verification.verdict import Verdicts
from history.verification.verify import plan_of, verify
from leaderboard.market.selection import Selection
from leaderboard.screens.definition import encode
from leaderboard.screens.screen import Screen
from tests.support.made_day import MadeDay, made_day
from tests.support.market import at

SCREENS = [
    Screen("losers", "Losers", "", Selection.parse("pct_change_since_open", "ascending")),
    Screen("busy", "Busy", "", Selection.parse("volume_1m", where=["close > 11"])),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    return made_day(tmp_path_factory.mktemp("history"), 35, SCREENS)


@pytest.fixture
def day(whole: MadeDay, tmp_path: Path) -> MadeDay:
    """A copy of it, which a test may spoil."""
    copy = tmp_path / "history"
    shutil.copytree(whole.history, copy)
    return replace(whole, history=copy)


def found(day: MadeDay) -> Verdicts:
    return verify(day.day, plan_of(day.day), lambda _: None)


def change(day: MadeDay, part: int, query: str, table: Table = BARS) -> None:
    """Write a table of a part again, as a query has it."""
    (path,) = day.day.files(table, [day.day.parts()[part]])
    with duckdb.connect() as database:
        rows = f"SELECT * REPLACE ({query}) FROM '{path}'"
        database.execute(f"COPY ({rows}) TO '{path}.new' (FORMAT parquet)")
    Path(f"{path}.new").replace(path)


def test_what_follows_from_the_bars_was_published(day: MadeDay) -> None:
    # When
    verdicts = found(day)

    # Then
    for verdict in (verdicts.boards, verdicts.screens):
        assert (verdict.checked, verdict.differing, verdict.undigested, verdict.unknown) == (35, 0, 0, 0)
    assert (verdicts.states.checked, verdicts.states.differing) == (4, [])


def test_a_stored_state_that_does_not_follow_from_the_bars_is_found(day: MadeDay) -> None:
    # Given a state in which a symbol stands otherwise, at the end of the second part
    change(day, 1, "if(symbol = 'S4', day_low - 1, day_low) AS day_low", STATES)

    # When
    verdict = found(day).states

    # Then
    assert (verdict.checked, verdict.differing) == (4, [day.day.parts()[1].last])


def test_a_bar_that_was_changed_names_the_first_second(day: MadeDay) -> None:
    # Given
    time = at("09:30:04")
    change(day, 1, f"if(symbol = 'S4' AND end_timestamp = {time}, close + 0.01, close) AS close")

    # When
    verdict = found(day).boards

    # Then
    assert verdict.checked == 35
    assert verdict.differing > 0
    assert verdict.first
    assert (verdict.first.slot, verdict.first.name) == (time // 1000, "volume")


def test_a_part_that_is_gone_is_a_gap_and_no_difference(day: MadeDay) -> None:
    # Given
    shutil.rmtree(day.day.folder / day.day.parts()[1].name)

    # When
    verdicts = found(day)

    # Then: until the state at the end of the part behind it, nothing is known
    assert (verdicts.boards.checked, verdicts.boards.differing, verdicts.boards.unknown) == (15, 0, 10)
    # Windows are not known until they reach back to it.
    assert (verdicts.screens.checked, verdicts.screens.differing, verdicts.screens.unknown) == (10, 0, 15)


def test_a_first_part_that_is_gone_is_a_gap_too(day: MadeDay) -> None:
    # Given a day that begins with the part in which the regular session began
    shutil.rmtree(day.day.folder / day.day.parts()[0].name)

    # When
    verdict = found(day).boards

    # Then the roll of the open is not taken for the day's beginning
    assert (verdict.checked, verdict.differing, verdict.unknown) == (15, 0, 10)


DEFINITIONS = encode([screen.definition for screen in SCREENS]).decode()


def test_screens_may_have_been_defined_on_another_day(day: MadeDay) -> None:
    # Given a day that was recorded after another one, on which the screens were published first
    other = day.history / "2026-11-30" / "20261130T14-0000000000000001-0000000000000001.part"
    other.mkdir(parents=True)
    parts = day.day.parts()
    for part in range(len(parts)):
        change(day, part, "NULL::VARCHAR AS definitions", TICKS)
    with duckdb.connect() as database:
        (path,) = day.day.files(TICKS, parts[-1:])
        row = f"SELECT * REPLACE (1 AS position, '{DEFINITIONS}' AS definitions) FROM '{path}' WHERE name = '' "
        database.execute(f"COPY ({row} AND kind = 'screens' LIMIT 1) TO '{other / TICKS.file}' (FORMAT parquet)")

    # When
    verdict = found(day).screens

    # Then
    assert (verdict.checked, verdict.differing) == (35, 0)


def test_screens_may_be_defined_only_after_recording_began(day: MadeDay) -> None:
    # Given a day of which no tick has definitions before the last part
    *others, last = range(len(day.day.parts()))
    for part in others:
        change(day, part, "NULL::VARCHAR AS definitions", TICKS)
    change(day, last, f"if(kind = 'screens' AND name = '', '{DEFINITIONS}', NULL) AS definitions", TICKS)

    # When
    verdict = found(day).screens

    # Then
    assert (verdict.checked, verdict.differing) == (35, 0)


def test_only_the_wanted_seconds_are_checked(day: MadeDay) -> None:
    # When
    plan = plan_of(day.day, lambda time: at("09:30:02") <= time < at("09:30:05"))
    verdicts = verify(day.day, plan, lambda _: None)

    # Then
    assert (verdicts.boards.checked, verdicts.screens.checked) == (3, 3)
    assert verdicts.screens.differing == 0


def test_the_command_says_what_differs(day: MadeDay, run: Callable[..., Result]) -> None:
    # When / Then: a day that is right
    right = run("verify", "2026-11-20", "--from", "09:30", "--to", "09:30:10")
    assert right.exit_code == 0
    assert "Boards: seconds checked 10, differing 0; without a digest 0, in gaps 0." in right.stdout

    # When / Then: one bar was changed
    change(day, 1, "if(symbol = 'S4', close + 0.01, close) AS close")
    wrong = run("verify", "2026-11-20")
    assert wrong.exit_code == 1
    assert "The first that differs: volume, published 2026-11-20 09:30:00." in wrong.stdout
    assert run("verify", "2026-11-20", "--from", "04:00", "--to", "05:00").exit_code == 1
    assert run("verify", "yesterday").exit_code == 2
