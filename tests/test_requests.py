"""Who asks for reference data: wanted symbols and leases. No script is needed for them, so a fake Redis serves."""

from datetime import date

import pytest
from fakeredis import FakeRedis

from leaderboard import keys
from leaderboard.reference.requests import FETCH_LEASE, Requests
from leaderboard.reference.store import Wanted

TODAY = date(2026, 11, 20)
A, B = Wanted("A", TODAY), Wanted("BRK.B", TODAY)


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def requests(redis: FakeRedis) -> Requests:
    return Requests(redis)


def test_the_first_to_ask_starts_the_fetching(requests: Requests) -> None:
    # Given three that ask, two of them for the same symbol
    started = [requests.ask([A]), requests.ask([A]), requests.ask([B])]

    # Then the first starts the task, and what is wanted is wanted once
    assert started == [True, False, False]
    assert sorted(requests.wanted(10)) == [A, B]


def test_what_has_its_answer_is_wanted_no_more(requests: Requests) -> None:
    requests.ask([A, B])

    requests.settle([A])

    assert requests.wanted(10) == [B]
    assert requests.pending()
    requests.settle([B])
    assert not requests.pending()


def test_a_task_that_lives_keeps_its_lease_and_a_lost_one_is_replaced(
    requests: Requests, redis: FakeRedis
) -> None:
    # Given a task that fetches
    requests.ask([A])
    redis.expire(keys.REFERENCE_FETCHING, 1)

    # When it shows that it lives, its lease is as long as at first
    requests.wanted(1)
    assert redis.ttl(keys.REFERENCE_FETCHING) == FETCH_LEASE
    assert not requests.ask([B])

    # And when it is lost, the next one who asks starts another
    redis.delete(keys.REFERENCE_FETCHING)
    assert requests.ask([B])


def test_a_warming_is_its_owners_until_it_ends(requests: Requests, redis: FakeRedis) -> None:
    assert requests.needs_warming()
    assert [requests.start_warming(owner) for owner in ("one", "two", "one")] == [True, False, True]

    requests.warmed()

    assert not requests.needs_warming()
    assert 0 < redis.ttl(keys.REFERENCE_WARMED) <= 8 * 3600
