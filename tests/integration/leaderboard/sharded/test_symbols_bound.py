"""The bound of a day's symbols, divided among several servers."""

from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.support.market import bar


def test_each_server_takes_a_tenth_more_than_its_share(divided: Divided) -> None:
    # Given room for sixty symbols on three servers
    system = System.from_settings(divided(3).model_copy(update={"symbols_bound": 60}))

    # When three times as many come
    done = system.process([bar(f"S{n}", "09:30:00") for n in range(180)])

    # Then each server has taken 22, and the reason says so
    assert done.applied == 3 * 22
    assert {each.reason for each in done.refused} == {
        "symbol: new, of no reference data, and its server's share of SYMBOLS_BOUND (60), 22, have traded today"
    }
