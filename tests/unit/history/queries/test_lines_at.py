"""How prices had moved in the session, up to a second."""

import json
import math

import pytest

from history.errors import NothingRecordedError
from history.queries.lines_at import lines_at
from leaderboard.sessions import Phase, Session
from tests.support.made_day import MadeDay, made_day
from tests.support.market import TODAY, at

#: Milliseconds between two points at least, and points at most.
STEP, POINTS = 2_000, 6


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    """A day of 35 seconds from 09:29:50 on."""
    return made_day(tmp_path_factory.mktemp("history"), 35)


@pytest.mark.parametrize(("seconds", "step"), [(2, 2_000), (12, 2_000), (13, 4_000), (24, 4_000)])
def test_points_are_the_closes_that_were_published(day: MadeDay, seconds: int, step: int) -> None:
    start = at("09:30:00")
    now = start + seconds * 1_000

    found = lines_at(day.history, ["S1", "NONE"], now, POINTS, STEP)

    assert (found.session, found.step, [*found.closes]) == (Session(TODAY, Phase.REGULAR), step, ["S1"])
    line = found.closes["S1"]
    assert len(line) == math.ceil(seconds * 1_000 / step)
    for n, close in enumerate(line):
        end = min(now, start + (n + 1) * step)
        [row] = [row for row in json.loads(day.published[end]["volume"]) if row["symbol"] == "S1"]
        assert close == row["close"]


def test_each_session_has_its_own(day: MadeDay) -> None:
    # Given the last second of the pre-market
    before = lines_at(day.history, ["S1"], at("09:29:59"), POINTS, 600_000)
    assert before.session == Session(TODAY, Phase.PRE)
    assert before.step >= 600_000
    # And nothing is known before the day
    with pytest.raises(NothingRecordedError):
        lines_at(day.history, ["S1"], at("04:00:00"), POINTS, STEP)
