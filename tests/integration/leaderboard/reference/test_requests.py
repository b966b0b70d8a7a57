"""Who asks for reference data: wanted symbols and locks, on a fake Redis."""

import math
from datetime import date

import pytest
from fakeredis import FakeRedis

from leaderboard import keys
from leaderboard.reference.requests import Requests, alive
from leaderboard.reference.store import Wanted

TODAY, EARLIER = date(2026, 11, 20), date(2026, 11, 19)
A, B = Wanted("A", TODAY), Wanted("BRK.B", TODAY)


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def requests(redis: FakeRedis) -> Requests:
    return Requests(redis)


def test_the_first_to_ask_calls_for_the_fetching(requests: Requests) -> None:
    # Given three that ask, two of them for the same symbol
    called = [requests.ask([A]), requests.ask([A]), requests.ask([B])]

    # Then the first calls, and what is wanted is wanted once
    assert called == [True, False, False]
    assert sorted(requests.wanted(10)) == [A, B]


def test_a_call_that_was_lost_is_repeated_before_long(requests: Requests, redis: FakeRedis) -> None:
    requests.ask([A])
    assert 0 < redis.ttl(keys.REFERENCE_CALLED) <= 5

    redis.delete(keys.REFERENCE_CALLED)

    assert requests.ask([A])


def test_what_has_its_answer_is_wanted_no_more(requests: Requests) -> None:
    requests.ask([A, B])

    requests.settle([A])

    assert requests.wanted(10) == [B]


def test_one_task_at_a_time_is_at_work(requests: Requests) -> None:
    # Given a task that fetches and one that warms
    with requests.fetching() as fetching, requests.warming(TODAY) as warming:
        assert fetching
        assert warming

        # Then others of their kind find the work taken, but for another day's
        with requests.fetching() as second, requests.warming(TODAY) as other, requests.warming(EARLIER) as free:
            assert (second, other) == (None, None)
            assert free

    # And when they are done it is free
    with requests.fetching() as next_one:
        assert next_one


def test_a_task_whose_lock_has_run_out_leaves_the_next_ones_alone(requests: Requests, redis: FakeRedis) -> None:
    # Given a task that has not prolonged its lock in time, and one that has taken its place
    with requests.fetching() as late:
        assert late
        assert alive(late)
        redis.delete(keys.REFERENCE_FETCHING)
        with requests.fetching() as successor:
            # Then the late one knows, and ends without taking the other's lock along
            assert successor
            assert not alive(late)
            assert alive(successor)


def test_a_day_is_warm_for_as_long_as_its_figures_live(requests: Requests, redis: FakeRedis) -> None:
    assert requests.seconds_since_warming(TODAY) == math.inf

    requests.warmed(TODAY)

    assert requests.seconds_since_warming(TODAY) < 60
    assert requests.seconds_since_warming(EARLIER) == math.inf
    assert 0 < redis.ttl(keys.reference_warmed(TODAY)) <= 8 * 3600


def test_what_says_no_time_says_nothing_of_a_warming(requests: Requests, redis: FakeRedis) -> None:
    redis.set(keys.reference_warmed(TODAY), "yesterday")
    redis.lpush(keys.reference_warmed(EARLIER), 1)

    assert [requests.seconds_since_warming(day) for day in (TODAY, EARLIER)] == [math.inf, math.inf]


def test_what_is_no_wanted_symbol_is_removed(requests: Requests, redis: FakeRedis) -> None:
    # Given junk among what is wanted
    requests.ask([A])
    redis.sadd(keys.REFERENCE_WANTED, "A", "A 99999999", "A B 20261120", "*:x 20261120", b"\xff 20261120")

    # Then the rest is wanted, and the junk is gone
    assert requests.wanted(10) == [A]
    assert redis.scard(keys.REFERENCE_WANTED) == 1


@pytest.mark.parametrize("junk", ["text", ["a", "list"]], ids=["string", "list"])
def test_what_never_expires_is_no_lease(requests: Requests, redis: FakeRedis, junk: str | list[str]) -> None:
    # Given a key in the place of a lease, which would keep every task out for ever
    if isinstance(junk, str):
        redis.set(keys.REFERENCE_FETCHING, junk)
    else:
        redis.lpush(keys.REFERENCE_FETCHING, *junk)

    # Then a task takes its place
    with requests.fetching() as lock:
        assert lock
        assert alive(lock)
