"""Time is the wall's: beat's resets, and events that come from tomorrow."""

import time

import pytest
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.sessions import session_of
from leaderboard.system import System


@pytest.fixture
def live(redis_url: str) -> System:
    return System.from_settings(Settings(redis_url=redis_url, market_clock="wall"))


def test_a_reset_rolls_to_the_present_session_once(live: System) -> None:
    # Given a fresh system
    assert live.session() is None

    # When two beats reset it
    rolled = [live.roll_to_now(), live.roll_to_now()]

    # Then the first rolls to now, the second finds nothing to do
    now = session_of(int(time.time() * 1000))
    assert rolled == [now, None]
    assert live.session() == now


def test_resets_do_nothing_when_events_tell_the_time(system: System) -> None:
    assert system.roll_to_now() is None
    assert system.session() is None


def test_an_event_from_tomorrow_must_not_clear_the_boards(live: System, redis: Redis) -> None:
    # Given a bar of now
    now = int(time.time() * 1000)
    live.process([{"sym": "A", "c": 10, "s": now - 1000, "e": now}])
    before = live.session()

    # When one with a corrupt timestamp comes along with a good one
    corrupt = {"sym": "A", "c": 10, "s": now + 86_400_000, "e": now + 86_401_000}
    done = live.process([corrupt, {"sym": "B", "c": 10, "s": now - 1000, "e": now}])

    # Then it is a dead letter, and the boards stand
    assert (done.applied, done.dead) == (1, 1)
    assert live.session() == before
    assert redis.zcard("leaderboard:top_volume") == 2
    ahead, *_ = next(iter(live.dead_letters)).reason.split()
    assert float(ahead) == pytest.approx(86_401, abs=5)
    assert redis.xlen(keys.DEAD) == 1


def test_lag_is_from_the_end_of_the_bar(live: System) -> None:
    now = int(time.time() * 1000)

    done = live.process([{"sym": "A", "c": 10, "s": now - 3000, "e": now - 2000}])

    assert 2 <= done.lags[0] < 10
