"""The health of the cluster's parts."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from celery import Celery
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.system import System
from tests.support.market import bar
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway, eventually_healthy


@pytest.fixture
def wall_gateway(redis_server: RedisServer, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose market's time is the machine's."""
    started = Gateway(tmp_path, MARKET_CLOCK="wall")
    yield started
    started.stop()


def test_health_names_the_part_that_is_not_at_work(
    gateway: Gateway, market: System, redis: Redis, processes: Processes
) -> None:
    # Given a market with a worker, whose clock has just ticked
    eventually_healthy(gateway, "workers", ok=False)
    processes.worker("aggs")
    eventually_healthy(gateway, "workers", ok=True)
    assert gateway.get("/healthz").json()["parts"]["workers"]["count"] == 1
    system = market
    eventually(lambda: system.publish().result == "unchanged")
    eventually_healthy(gateway, "clock", ok=True)
    eventually(lambda: (answer := gateway.get("/healthz")).status_code == 200 and answer.json()["healthy"])

    # When nobody comes to publish any more
    redis.hset(keys.SNAPSHOT, "attempted_at", 1)

    # Then that part is not well, and the others are
    eventually_healthy(gateway, "clock", ok=False)
    answer = gateway.get("/healthz")
    assert (answer.status_code, answer.json()["healthy"]) == (503, False)
    assert [name for name, part in answer.json()["parts"].items() if not part["ok"]] == ["clock"]


def test_changes_that_nobody_publishes_are_no_good_health(gateway: Gateway, market: System, redis: Redis) -> None:
    # Given boards that have changed since a snapshot of long ago
    redis.hset(keys.SNAPSHOT, "published_at", 1)
    redis.incr(keys.REVISION)

    # Then the snapshot is not well, and is again when it is published
    eventually_healthy(gateway, "snapshot", ok=False)
    eventually(lambda: market.publish().result == "published")
    eventually_healthy(gateway, "snapshot", ok=True)


def test_bars_that_nobody_takes_are_no_good_health(gateway: Gateway, client: Celery, market: System) -> None:
    # Given bars that wait, and no worker
    eventually_healthy(gateway, "queue", ok=True)
    client.send_task("tasks.process_agg", [bar("AAPL", "09:30:01")], queue="aggs")

    # Then before long the queue is not well
    eventually_healthy(gateway, "queue", ok=False)
    assert gateway.get("/healthz").json()["parts"]["queue"]["count"] == 1

    # And when bars are processed again, it is
    market.process([bar("AAPL", "09:30:02")])
    eventually_healthy(gateway, "queue", ok=True)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (keys.RECORDS, "hash"),
        (keys.DEAD, "stream"),
        (keys.REFERENCE_WANTED, "set"),
        (keys.board("gainers"), "zset"),
    ],
)
def test_health_names_a_key_of_another_type(gateway: Gateway, redis: Redis, key: str, kind: str) -> None:
    # Given a gateway whose keys are well, and then one of another type
    eventually_healthy(gateway, "keys", ok=True)
    redis.delete(key)
    redis.set(key, "somebody else's")

    # Then it is named
    eventually_healthy(gateway, "keys", ok=False)
    assert gateway.get("/healthz").json()["parts"]["keys"]["why"] == f"{key} is of type string, not {kind}"

    # And all is well again without it
    redis.delete(key)
    eventually_healthy(gateway, "keys", ok=True)


def test_the_lag_is_that_of_the_bars_that_were_just_applied(
    gateway: Gateway, wall_gateway: Gateway, market: System
) -> None:
    def lag(of: Gateway) -> float | None:
        return cast(float | None, of.get("/healthz").json()["parts"]["workers"]["lag"])

    # Given bars that ended five seconds ago, as they come
    def apply_and_read() -> float | None:
        market.process([bar("AAPL", "09:30:01") | {"s": now() - 6_000, "e": now() - 5_000}])
        return lag(wall_gateway)

    # Then that is the lag, and nothing is said where time is what the bars say
    eventually(lambda: 5 <= (apply_and_read() or 0) < 8)
    assert lag(gateway) is None

    # And it is unknown once none comes any more
    eventually(lambda: lag(wall_gateway) is None)


def now() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000
