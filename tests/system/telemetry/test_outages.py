"""A collector that is away for a while."""

import time

from celery import Celery
from redis import Redis

from deploy.redis_server import free_port
from tests.support.collector import Collector
from tests.support.processes import Processes
from tests.support.waiting import eventually


def test_an_outage_is_one_line_and_its_end_is_noticed(processes: Processes, client: Celery, redis: Redis) -> None:
    # Given a worker whose collector is away, and several exports that failed
    port = free_port()
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_EXPORTER_OTLP_TIMEOUT": "3"}
    prompt = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "100"}
    processes.worker("worker", **asked, **prompt)
    for _ in range(3):
        client.send_task("tasks.process_agg", [{"sym": "A"}], queue="aggs")
    eventually(lambda: "opentelemetry" in processes.log("worker"))

    # When it comes, after more attempts, of which nothing can be seen to wait for
    time.sleep(1)
    collector = Collector(port)
    client.send_task("tasks.process_agg", [{"sym": "A"}], queue="aggs")

    # Then it receives what is reported from then on
    eventually(lambda: "apply" in collector.spans and collector.sums.get("lba.dead") == 4)
    collector.close()
    # And the log has one line of all that
    (line,) = [each for each in processes.log("worker").splitlines() if "opentelemetry" in each]
    assert "Connection refused" in line
    assert str(port) in line
