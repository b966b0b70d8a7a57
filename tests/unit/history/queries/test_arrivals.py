"""A recorded day's bars are read in the order in which they came."""

from pathlib import Path

import pytest

from history.database import database
from history.queries import arrivals
from history.queries.arrivals import Arrivals
from tests.support.history.days import recorded
from tests.support.history.entries import batch, events
from tests.support.market import at

# Positions, as on the tape: an entry's is that of its last bar.
FIRST = batch(2, ("B", "09:31:00"), ("A", "09:30:59"), outcomes="AS")
SECOND = batch(5, ("A", "09:31:01"), ("A", "09:30:30"), ("C", "09:31:01"), outcomes="ELR")
THIRD = batch(6, ("C", "09:31:02"))


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_bars_are_read_in_order_of_arrival(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    # Given batches in two parts, one of them with bars that were sent again later
    monkeypatch.setattr(arrivals, "CHUNK", chunk)
    recorded(tmp_path, FIRST)
    day = recorded(tmp_path, SECOND, THIRD)
    # When they are read
    with database() as opened:
        found = Arrivals(opened, day)
        # Then they are in their order, stale and late ones too, each as it came and with the time of its batch
        assert [each.event for each in found] == events(
            ("B", "09:31:00"), ("A", "09:30:59"), ("A", "09:30:30"), ("C", "09:31:02")
        )
        assert [each.at for each in found] == [FIRST.at, FIRST.at, SECOND.at, THIRD.at]
        assert found.count() == 4


def test_only_those_that_came_between_two_times(tmp_path: Path) -> None:
    # Given three batches, applied at 09:31:01, :03 and :04
    day = recorded(tmp_path, FIRST, SECOND, THIRD)
    # When what came from :02 to before :04 is read
    with database() as opened:
        found = Arrivals(opened, day, start=at("09:31:02"), end=at("09:31:04"))
        # Then it is of the second batch
        assert [each.at for each in found] == [SECOND.at]
        assert found.count() == 1
