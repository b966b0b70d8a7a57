"""The market's status over HTTP."""

from datetime import date

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway


def test_the_status_has_session_and_time(gateway: Gateway, market: System, redis: Redis) -> None:
    status = gateway.get("/api/status").json()

    seconds, _ = redis.time()
    assert status["session"] == {"day": TODAY.isoformat(), "phase": "regular"}
    assert 0 <= status["now"] - status["published_at"] < 10_000
    assert abs(status["now"] - seconds * 1000) < 5_000
    assert status["clock"] == "events"
    assert status["boards"] == [board.name for board in BOARDS]


def test_the_status_names_the_hours_of_an_early_close(gateway: Gateway, system: System) -> None:
    day = date(2026, 11, 27)
    expected = {"09:00:00": "pre", "12:59:00": "regular", "13:30:00": "post", "17:00:00": "closed"}
    for clock, hours in expected.items():
        # Given a market that has come to a time of a day that closes at 13:00
        system.process([bar("AAPL", clock, day)])
        eventually(lambda: system.publish().result == "published")

        # Then the status names its hours, and the session stays what it was to those who know no more of it
        status = gateway.get("/api/status").json()
        assert (status["hours"], status["close"], status["trading_end"]) == (hours, "13:00", "17:00")
        assert status["session"] == {"day": "2026-11-27", "phase": "pre" if hours == "pre" else "regular"}


def test_the_status_says_since_when_windows_are_recorded(gateway: Gateway, market: System, redis: Redis) -> None:
    assert gateway.get("/api/status").json()["windows_since"] is None

    redis.hset(keys.SCREENS_STATE, "windows_since", 1_795_000_000_000)
    assert gateway.get("/api/status").json()["windows_since"] == 1_795_000_000_000


def test_without_a_session_there_are_no_hours(gateway: Gateway, redis: Redis) -> None:
    status = gateway.get("/api/status").json()

    assert [status[each] for each in ("session", "hours", "close", "trading_end")] == [None] * 4
