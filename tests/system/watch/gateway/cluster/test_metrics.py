"""The metrics for Prometheus."""

import math
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from config.celery import QUEUES
from deploy.acl import GuardedServer
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from leaderboard.sessions import is_open
from leaderboard.store.totals import LAG_BOUNDS
from leaderboard.system import System
from tests.support.checkout import CHECKOUT
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway

#: Of a metric its samples: by the value of their one label, or empty where they have none.
_Samples = dict[str, dict[str, float]]


def read(gateway: Gateway) -> dict[str, _Samples]:
    """What is served: by the metric's name, then by the sample's name, then by its label."""
    families: dict[str, _Samples] = {}
    for family in text_string_to_metric_families(gateway.get("/metrics").text):
        samples = families.setdefault(family.name, {})
        for sample in family.samples:
            samples.setdefault(sample.name, {})["".join(sample.labels.values())] = sample.value
    return families


def values(gateway: Gateway, metric: str) -> dict[str, float]:
    """Of a metric that is no histogram its values by label; empty: it is not served."""
    return next(iter(read(gateway).get(metric, {}).values()), {})


def test_metrics_are_those_of_the_whole_cluster(gateway: Gateway, client: Celery, market: System) -> None:
    # Given bars of all kinds, one published board, and two bars that wait
    market.process(
        [bar("AAPL", "09:29:00"), bar("AAPL", "09:29:00"), bar("A", "12:00:00", TODAY.replace(day=19)), {}]
    )
    for _ in range(2):
        client.send_task("tasks.process_agg", [bar("AAPL", "09:30:01")], queue="aggs")

    def counted() -> dict[str, float]:
        without_label = [samples for family in read(gateway).values() for samples in family.items()]
        return {name: by_label[""] for name, by_label in without_label if "" in by_label}

    # Then the metrics count them
    eventually(lambda: {"lba_queue_waiting": 2, "lba_processed_total": 7}.items() <= counted().items())
    metrics = counted()
    assert metrics["lba_applied_total"] + metrics["lba_stale_total"] == 5
    assert metrics["lba_late_total"] == 1
    assert metrics["lba_dead_total"] == 1
    assert metrics["lba_published_total"] == 1
    assert metrics["lba_queue_unacked"] == 0
    assert metrics["lba_symbols"] == 3
    assert metrics["lba_symbols_refused_total"] == 0
    assert metrics["lba_redis_up"] == metrics["lba_broker_up"] == metrics["gateway_subscription_up"] == 1
    assert 0 <= metrics["lba_snapshot_age_seconds"] < 60
    assert metrics["lba_lag_seconds_count"] >= 0
    assert metrics["gateway_clients"] == 0
    assert metrics["process_resident_memory_bytes"] > 0
    # The hours are unknown where the time is that of the bars
    assert "lba_market_open" not in metrics


@pytest.fixture
def live(redis_server: RedisServer, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of the live market."""
    gateway = Gateway(tmp_path, MARKET_CLOCK="wall")
    yield gateway
    gateway.stop()


def test_the_hours_are_those_of_the_wall_clock(live: Gateway) -> None:
    eventually(lambda: live.metric("lba_redis_up") == 1)

    # Then it tells whether the market trades now
    before = is_open(int(time.time() * 1000))
    shown = live.metric("lba_market_open")
    assert shown in (before, is_open(int(time.time() * 1000)))


def test_the_reference_names_every_metric_and_no_others(live: Gateway, market: System, redis: Redis) -> None:
    # Given a gateway that knows all parts of its cluster
    redis.hset(keys.SCREENS_STATE, "published_at", int(time.time() * 1000))
    known = {"lba_workers", "lba_snapshot_age_seconds", "lba_screens_age_seconds"}
    eventually(lambda: known <= read(live).keys(), 30)

    # Then what it serves is what its reference names, but for what every Python process serves
    page = (CHECKOUT / "docs" / "reference" / "metrics.md").read_text()
    cells = re.findall(r"^\| (`[^|]*)\|", page.partition("## OpenTelemetry")[0], re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`((?:lba|gateway)_\w+)`", cell)]
    assert sorted(named) == sorted(name for name in read(live) if not name.startswith(("python_", "process_")))


def test_lags_are_a_histogram(gateway: Gateway, system: System) -> None:
    # Given bars of two, three and a hundred seconds ago
    now = int(time.time() * 1000)
    lags = {"A": 2_000, "B": 3_000, "C": 100_000}
    system.process([{"sym": symbol, "c": 1, "s": now, "e": now - lag} for symbol, lag in lags.items()])

    # Then each is in all buckets from its own on, and the last has them all
    def served() -> _Samples:
        return read(gateway).get("lba_lag_seconds", {})

    eventually(lambda: served() and served()["lba_lag_seconds_count"][""] == 3)
    buckets = {float(bound): number for bound, number in served()["lba_lag_seconds_bucket"].items()}
    assert [*buckets] == [*LAG_BOUNDS, math.inf]
    assert (buckets[1], buckets[60], buckets[300], buckets[math.inf]) == (0, 2, 3, 3)
    assert 105 <= served()["lba_lag_seconds_sum"][""] < 180


def test_dead_letters_are_counted_by_kind_of_reason(gateway: Gateway, system: System) -> None:
    # Given dead letters of three kinds
    system.process([{"sym": "A"}, {"c": 1}, {"sym": "?", "c": 1}, 17])

    # Then each kind has its number, the others 0
    eventually(lambda: values(gateway, "lba_dead") == {"": 4})
    expected = {kind.value: 0.0 for kind in ReasonKind} | {"field": 1, "symbol": 2, "no_event": 1}
    assert values(gateway, "lba_dead_by_reason") == expected


def test_each_queue_has_its_depth(gateway: Gateway, client: Celery, broker: Redis) -> None:
    # Given messages in two queues, and a key of another type in the place of the third
    for task, queue in (("process_agg", "aggs"), ("publish_snapshot", "clock"), ("publish_snapshot", "clock")):
        client.send_task(f"tasks.{task}", queue=queue)
    eventually(lambda: values(gateway, "lba_queue_messages") == {"aggs": 1, "clock": 2, "reference": 0})
    broker.set("reference", "junk")

    # Then the others' depths are known all the same, and the log names the key
    eventually(lambda: values(gateway, "lba_queue_messages") == {"aggs": 1, "clock": 2})
    assert values(gateway, "lba_broker_up") == {"": 1}
    assert "the key 'reference' is a string" in gateway.log


def test_each_redis_server_tells_what_it_uses(gateway: Gateway, redis: Redis) -> None:
    # Given one server for both, with a limit of memory
    limit = 2**33
    redis.config_set("maxmemory", limit)
    try:
        eventually(lambda: values(gateway, "lba_redis_memory_limit_bytes") == {"boards": limit, "queues": limit})
    finally:
        redis.config_set("maxmemory", 0)

    # Then what it uses is served, of both
    info: Any = redis.info()
    used = values(gateway, "lba_redis_memory_bytes")
    assert {*used} == {"boards", "queues"}
    assert used["boards"] == pytest.approx(info["used_memory"], rel=0.5)
    cpu = values(gateway, "lba_redis_cpu_seconds")["queues"]
    # Asked for later, for the gateway goes on asking.
    info = redis.info("cpu")
    assert 0 < cpu <= info["used_cpu_sys"] + info["used_cpu_user"]
    assert values(gateway, "lba_redis_clients")["boards"] >= 2


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[tuple[Gateway, GuardedServer]]:
    """A gateway whose users may not call INFO, and its server."""
    server = GuardedServer(tmp_path / "redis")
    server.start()
    for user in ("gateway", "inspector"):
        server.operator().execute_command("ACL", "SETUSER", user, "-info")
    urls = {"REDIS_URL": server.url_of("gateway", 0), "CELERY_BROKER_URL": server.url_of("inspector", 1)}
    gateway = Gateway(tmp_path, **urls)
    yield gateway, server
    gateway.stop()
    server.stop()


def test_a_server_that_refuses_info_is_watched_all_the_same(silent: tuple[Gateway, GuardedServer]) -> None:
    # Given a server that refuses INFO, asked several times
    gateway, server = silent
    refused = re.compile(r"asked what it uses.*INFO", re.IGNORECASE)
    eventually(lambda: len(refused.findall(gateway.log)) == 2)
    asked = values(gateway, "lba_redis_up")
    eventually(lambda: server.operator().info("commandstats")["cmdstat_info"]["rejected_calls"] > 12)

    # Then what INFO would tell is left out, the rest is served, and the log says so once for each server
    served = read(gateway)
    assert not [name for name in served if name.startswith("lba_redis_") and name != "lba_redis_up"]
    assert asked == {"": 1}
    assert {"lba_queue_messages", "lba_broker_up"} <= served.keys()
    assert {*values(gateway, "lba_queue_messages")} == {*QUEUES}
    assert len(refused.findall(gateway.log)) == 2
