"""The token bucket."""

from tests.support.fake_time import Time
from watch.gateway.connections.token_bucket import TokenBucket


def test_a_bucket_allows_a_burst_and_a_rate() -> None:
    time = Time(0.0)
    bucket = TokenBucket(10, 2, time.clock)

    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]
    assert bucket.debt == 0.5
    time.now = 1.5
    assert bucket.debt == 0
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    time.now = 100
    assert bucket.is_full
