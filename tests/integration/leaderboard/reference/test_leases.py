"""Leases and warm-ups, on a fake Redis."""

import math
from datetime import date

import pytest
from fakeredis import FakeRedis
from redis import Redis

from leaderboard import keys
from leaderboard.reference.lease import lease, renew
from leaderboard.reference.warmups import Warmups

TODAY, EARLIER = date(2026, 11, 20), date(2026, 11, 19)
KEY = keys.REFERENCE_FETCHING


@pytest.fixture
def redis() -> Redis:
    return FakeRedis()


@pytest.fixture
def warmups(redis: Redis) -> Warmups:
    return Warmups(redis)


def test_one_task_at_a_time_holds_a_lease(redis: Redis, warmups: Warmups) -> None:
    # Given a task that fetches and one that warms
    with lease(redis, KEY) as fetching, warmups.lease(TODAY) as warming:
        assert fetching
        assert warming

        # Then others of their kind find the work taken, but for another day's
        with lease(redis, KEY) as second, warmups.lease(TODAY) as other, warmups.lease(EARLIER) as free:
            assert (second, other) == (None, None)
            assert free

    # And when they are done it is free
    with lease(redis, KEY) as next_one:
        assert next_one


def test_a_task_whose_lease_expired_leaves_the_next_ones_alone(redis: Redis) -> None:
    # Given a task that has not renewed its lease in time, and one that has taken its place
    with lease(redis, KEY) as late:
        assert late
        assert renew(late)
        redis.delete(KEY)
        with lease(redis, KEY) as successor:
            # Then the late one knows, and leaves the other's lease alone
            assert successor
            assert not renew(late)
            assert renew(successor)


def test_a_day_is_warm_for_as_long_as_its_figures_live(redis: Redis, warmups: Warmups) -> None:
    assert warmups.seconds_since(TODAY) == math.inf

    warmups.note(TODAY)

    assert warmups.seconds_since(TODAY) < 60
    assert warmups.seconds_since(EARLIER) == math.inf
    assert 0 < redis.ttl(keys.reference_warmed(TODAY)) <= 8 * 3600


def test_what_says_no_time_says_nothing_of_a_warmup(redis: Redis, warmups: Warmups) -> None:
    redis.set(keys.reference_warmed(TODAY), "yesterday")
    redis.lpush(keys.reference_warmed(EARLIER), 1)

    assert [warmups.seconds_since(day) for day in (TODAY, EARLIER)] == [math.inf, math.inf]


@pytest.mark.parametrize("junk", ["text", ["a", "list"]], ids=["string", "list"])
def test_what_never_expires_is_no_lease(redis: Redis, junk: str | list[str]) -> None:
    # Given a key in the place of a lease, which would keep every task out for ever
    if isinstance(junk, str):
        redis.set(KEY, junk)
    else:
        redis.lpush(KEY, *junk)

    # Then a task takes its place
    with lease(redis, KEY) as lock:
        assert lock
        assert renew(lock)
