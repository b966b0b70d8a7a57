"""The token bucket."""

from watch.gateway.connections.token_bucket import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_allows_a_burst_and_a_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 2, clock)

    assert [bucket.take() for _ in range(11)] == [True] * 10 + [False]
    assert bucket.debt == 0.5
    clock.now = 1.5
    assert bucket.debt == 0
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.now = 100
    assert bucket.is_full
