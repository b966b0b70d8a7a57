"""Requests for reference data, on a fake Redis."""

from datetime import date

import pytest
from fakeredis import FakeRedis

from leaderboard import keys
from leaderboard.reference.requests import PendingRequests, ReferenceRequest

TODAY = date(2026, 11, 20)
A, B = ReferenceRequest("A", TODAY), ReferenceRequest("BRK.B", TODAY)


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def requests(redis: FakeRedis) -> PendingRequests:
    return PendingRequests(redis)


def test_the_first_request_starts_the_fetching_task(requests: PendingRequests) -> None:
    # Given three requests, two of them the same
    starts = [requests.add([A]), requests.add([A]), requests.add([B])]

    # Then the first starts the task, and each symbol is pending once
    assert starts == [True, False, False]
    assert sorted(requests.some(10)) == [A, B]


def test_a_lost_start_is_repeated_before_long(requests: PendingRequests, redis: FakeRedis) -> None:
    requests.add([A])
    assert 0 < redis.ttl(keys.REFERENCE_CALLED) <= 5

    redis.delete(keys.REFERENCE_CALLED)

    assert requests.add([A])


def test_a_request_that_was_answered_is_not_pending(requests: PendingRequests) -> None:
    requests.add([A, B])

    requests.complete([A])

    assert requests.some(10) == [B]


def test_what_is_no_request_is_removed(requests: PendingRequests, redis: FakeRedis) -> None:
    # Given junk among the requests
    requests.add([A])
    redis.sadd(keys.REFERENCE_WANTED, "A", "A 99999999", "A B 20261120", "*:x 20261120", b"\xff 20261120")

    # Then the others are pending, and the junk is gone
    assert requests.some(10) == [A]
    assert redis.scard(keys.REFERENCE_WANTED) == 1
