"""The metrics for Prometheus."""

import time
from pathlib import Path

from celery import Celery
from prometheus_client.parser import text_string_to_metric_families

from deploy.redis_server import RedisServer
from leaderboard.sessions import is_open
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway


def test_metrics_are_those_of_the_whole_cluster(gateway: Gateway, client: Celery, market: System) -> None:
    # Given bars of all kinds, one published board, and two bars that wait
    market.process(
        [bar("AAPL", "09:29:00"), bar("AAPL", "09:29:00"), bar("A", "12:00:00", TODAY.replace(day=19)), {}]
    )
    for _ in range(2):
        client.send_task("tasks.process_agg", [bar("AAPL", "09:30:01")], queue="aggs")

    def read() -> dict[str, float]:
        families = text_string_to_metric_families(gateway.get("/metrics").text)
        return {sample.name: sample.value for family in families for sample in family.samples}

    # Then the metrics count them
    eventually(lambda: {"lba_queue_waiting": 2, "lba_processed_total": 7}.items() <= read().items())
    metrics = read()
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


def test_the_hours_are_those_of_the_wall_clock(redis_server: RedisServer, tmp_path: Path) -> None:
    # Given a gateway of the live market
    gateway = Gateway(tmp_path, MARKET_CLOCK="wall")
    try:
        # Then it tells whether the market trades now
        eventually(lambda: gateway.metric("lba_redis_up") == 1)
        before = is_open(int(time.time() * 1000))
        shown = gateway.metric("lba_market_open")
        assert shown in (before, is_open(int(time.time() * 1000)))
    finally:
        gateway.stop()
