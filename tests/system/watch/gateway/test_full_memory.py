"""The gateway while Redis's memory is full."""

from collections.abc import Callable

from celery import Celery

from leaderboard.system import System
from tests.support.market import bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway, volume_symbols


def test_all_is_answered_while_memory_is_full(
    gateway: Gateway, client: Celery, market: System, full: Callable[[], None]
) -> None:
    # Given a backlog, and then no memory in either Redis
    for _ in range(2):
        client.send_task("tasks.process_agg", [bar("AAPL", "09:31:00")], queue="aggs")
    full()

    # Then boards, screens, quotes and metrics are answered as before
    assert volume_symbols(gateway, "limit=2") == ["AAPL", "MSFT"]
    assert gateway.get("/api/quotes/AAPL").status_code == 200
    assert gateway.get("/api/screen?by=close").json()["of"] == 3
    eventually(lambda: "lba_queue_waiting 2.0" in gateway.get("/metrics").text)
    metrics = gateway.get("/metrics").text
    assert "lba_redis_up 1.0" in metrics
    assert "lba_broker_up 1.0" in metrics
