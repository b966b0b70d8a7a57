"""Keys that hold junk are named, and stop nothing."""

from collections.abc import Callable

import pytest
from redis import Redis

from leaderboard import keys
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway


def problem_of_redis(gateway: Gateway) -> str:
    parts = gateway.get("/healthz").json()["parts"]
    assert parts["gateway"]["ok"], parts
    return str(parts["redis"].get("why", ""))


Put = Callable[[Redis], object]


LOOKED_AT: dict[str, tuple[str, Put]] = {
    "totals are a string": (keys.TOTALS, lambda redis: redis.set(keys.TOTALS, "junk")),
    "totals hold junk": (keys.TOTALS, lambda redis: redis.hset(keys.TOTALS, "applied", "many")),
    "totals have a strange name": (keys.TOTALS, lambda redis: redis.hset(keys.TOTALS, b"\xff", 1)),
    "totals are without end": (keys.TOTALS, lambda redis: redis.hset(keys.TOTALS, "applied", "9" * 5_000)),
    "the note is a list": (keys.SNAPSHOT, lambda redis: redis.lpush(keys.SNAPSHOT, "junk")),
    "the note holds junk": (keys.SNAPSHOT, lambda redis: redis.hset(keys.SNAPSHOT, "published_at", "now")),
    "the note holds a huge number": (
        keys.SNAPSHOT,
        lambda redis: redis.hset(keys.SNAPSHOT, "attempted_at", "9" * 400),
    ),
    "the revision is a set": (keys.REVISION, lambda redis: redis.sadd(keys.REVISION, "junk")),
    "the revision is junk": (keys.REVISION, lambda redis: redis.set(keys.REVISION, "-1e9")),
}


@pytest.mark.parametrize("case", LOOKED_AT)
def test_junk_that_the_monitor_meets_is_named_and_stops_nothing(gateway: Gateway, redis: Redis, case: str) -> None:
    # Given a key that holds what it should not
    key, put = LOOKED_AT[case]
    put(redis)

    # Then health names it, and there are metrics as far as they are known
    eventually(lambda: key in problem_of_redis(gateway), 10, "health names the key")
    assert "lba_redis_up 1.0" in gateway.get("/metrics").text

    # And all is well again when it is gone
    redis.delete(key)
    eventually(lambda: not problem_of_redis(gateway), 10, "Redis is well")
