"""The recorded days, and which seconds of them can be looked at."""

import shutil
from pathlib import Path

import pytest

from history.queries.candles import DayHours
from history.queries.days import viewable_days
from tests.support.made_day import MadeDay, made_day
from tests.support.market import TODAY, at


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    return made_day(tmp_path_factory.mktemp("history"), 25)


def test_a_day_reaches_from_its_first_tick_to_its_last(day: MadeDay) -> None:
    [found] = viewable_days(day.history)

    assert (found.day, found.hours) == (TODAY, DayHours.of(TODAY))
    assert (found.from_at, found.to_at) == (min(day.published) + 3, max(day.published) + 3)
    assert (found.first_bar, found.last_bar) == (at("09:29:49"), max(day.published))
    assert found.gaps == []


def test_a_day_that_goes_on_is_read_again(day: MadeDay, tmp_path: Path) -> None:
    # Given a day whose last part is not there yet
    copy = tmp_path / "history"
    shutil.copytree(day.history, copy)
    last = day.day.parts()[-1].name
    (copy / f"{TODAY}" / last).rename(tmp_path / last)
    [before] = viewable_days(copy)

    # When it comes
    (tmp_path / last).rename(copy / f"{TODAY}" / last)

    # Then the day is longer
    [after] = viewable_days(copy)
    assert before.to_at < after.to_at == max(day.published) + 3


def test_a_day_without_boards_cannot_be_looked_at(tmp_path: Path) -> None:
    (tmp_path / "2026-11-20").mkdir()
    assert viewable_days(tmp_path) == []
    assert viewable_days(tmp_path / "none") == []
