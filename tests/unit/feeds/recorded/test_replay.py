"""A recorded day's bars are sent again as they came."""

import pytest

from feeds.recorded.replay import as_sent, play
from feeds.reference_refresh import ReferenceRefresh
from history.queries.arrivals import Arrival
from leaderboard.event import Event
from leaderboard.validation import validate
from tests.support.fake_time import Time
from tests.support.feeds.journal import Journal, feed
from tests.support.history.entries import events
from tests.support.market import bar


def test_bars_are_sent_when_they_came() -> None:
    # Given bars that came 1 s and 3 s after the first, the last of them long after its end
    first, second, third = events(("A", "09:31:00"), ("B", "09:31:00"), ("A", "09:30:00"))
    came = first.end_timestamp
    journal, time = Journal(), Time()
    arrivals = [Arrival(came, first), Arrival(came + 1000, second), Arrival(came + 3000, third)]
    # When they are replayed twice as fast
    started = time.clock()
    play(arrivals, feed(journal, time, speed=2.0), ReferenceRefresh(journal.learn, time.clock))
    # Then they are sent in this order, within half of the time
    assert [what[0] for what in journal.happened[:-1]] == ["A", "B", "A"]
    assert time.clock() - started == pytest.approx(1.5, abs=0.3)
    assert journal.happened[-1] == "drained"


@pytest.mark.parametrize(
    "payload",
    [
        bar("A", "09:31:00"),
        {"ev": "AM", "sym": "A", "c": 1.25, "s": 1795185060000, "e": 1795185061000, "otc": True},
        {
            "sym": "A",
            "c": 0,
            "v": 0.5,
            "av": 1e-3,
            "op": 1.1,
            "a": 2,
            "z": 3,
            "s": 1795185060000,
            "e": 1795185061000,
        },
    ],
)
def test_what_is_sent_is_the_same_event(payload: dict[str, object]) -> None:
    def event(of: dict[str, object]) -> Event:
        (valid,), _ = validate([of], now=0, texts=(), allow_future=True)
        return valid

    assert event(as_sent(event(payload))) == event(payload)
