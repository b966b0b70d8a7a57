"""What a gap is on each of its days."""

import pytest

from history.recorder.gap import Gap, day_of
from leaderboard.sessions import next_trading_day
from leaderboard.tape.entries import Anchor
from tests.support.market import TODAY, at

TOMORROW = next_trading_day(TODAY)
BEFORE = Anchor(100, 7, 202611201, at("15:00:00"))


def test_within_a_day() -> None:
    gap = Gap(BEFORE, 200, at("15:10:00"), TODAY, at("04:00:05"), "why")
    assert gap.first_day == TODAY
    assert gap.row(TODAY) == {
        "from_position": 100,
        "from_at": at("15:00:00"),
        "to_position": 200,
        "to_at": at("15:10:00"),
        "why": "why",
    }


@pytest.mark.parametrize(("first_bar", "begins"), [(at("08:00:00"), "08:00:00"), (0, "04:00:00")])
def test_recording_that_begins_within_a_day(first_bar: int, begins: str) -> None:
    """Given the first bar that Redis knows of, then the gap begins with it, or else with the day."""
    row = Gap(None, 200, at("10:00:00"), TODAY, first_bar, "why").row(TODAY)
    assert (row["from_position"], row["from_at"]) == (0, at(begins))


def test_over_a_night() -> None:
    """Given a recorder that stopped on the day before, then each day has its part of the gap."""
    gap = Gap(BEFORE, 200, at("10:00:00", TOMORROW), TOMORROW, at("04:00:01", TOMORROW), "why")
    first, second = gap.row(gap.first_day), gap.row(TOMORROW)
    assert (first["from_at"], first["to_at"]) == (at("15:00:00"), at("04:00:00", TOMORROW))
    assert (second["from_at"], second["to_at"]) == (at("04:00:01", TOMORROW), at("10:00:00", TOMORROW))


def test_before_the_first_session_the_clock_tells_the_day() -> None:
    assert day_of(0, at("10:00:00")) == TODAY
    assert day_of(202611230, at("10:00:00")) == TOMORROW
