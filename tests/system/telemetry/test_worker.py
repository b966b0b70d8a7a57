"""What a worker of either lane reports to a collector when asked to, and that none does unasked."""

import time

import pytest
from celery import Celery
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from redis import Redis

from config import telemetry
from leaderboard import keys
from tests.support.collector import Collector
from tests.support.processes import Processes
from tests.support.waiting import eventually


@pytest.mark.parametrize("fast", [True, False], ids=["fast lane", "stock"])
def test_a_worker_reports_to_a_collector(
    processes: Processes, client: Celery, redis: Redis, collector: Collector, fast: bool
) -> None:
    # Given a worker that the standard variables send to a collector
    asked = {
        "FAST_LANE": str(int(fast)),
        "MARKET_CLOCK": "wall",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
        "OTEL_RESOURCE_ATTRIBUTES": "zone=b",
    }
    processes.worker("worker", *(() if fast else ("--concurrency", "1")), queues="aggs,clock", **asked)

    # When bars, good, repeated, late and bad, and then a reset and a snapshot are worked on
    now = int(time.time() * 1000)
    good = {"sym": "A", "c": 1, "s": now - 1000, "e": now}
    late = good | {"s": now - 10 * 86_400_000}
    for event in (good, good, late, {"sym": "A"}):
        client.send_task("tasks.process_agg", [event], queue="aggs")
    eventually(lambda: redis.xlen(keys.DEAD) == 1)
    for task in ("tasks.reset_day", "tasks.publish_snapshot"):
        client.send_task(task, queue="clock")

    # Then every figure arrives
    wanted = {"lba.processed": 4, "lba.stale": 1, "lba.late": 1, "lba.dead": 1, "lba.lag": 1, "lba.published": 1}
    eventually(lambda: wanted.items() <= collector.sums.items(), what=f"{wanted}")

    # And a span of the reset, of the snapshot and of each batch, but none of a bar
    spans = {"reset", "snapshot", "run/tasks.publish_snapshot"} | ({"apply"} if fast else set())
    eventually(lambda: spans <= set(collector.spans))
    assert not [name for name in collector.spans if "process_agg" in name]

    # And all of it says which process it is of
    expected = {"service.name": "leaderboard-worker", "process.pid": processes.pid("worker"), "zone": "b"}
    if not fast:
        del expected["process.pid"]
    assert all(expected.items() <= each.items() for each in collector.resources)
    assert all(each["service.instance.id"] and each["host.name"] for each in collector.resources)


def test_unasked_nothing_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)

    assert not telemetry.start_traces("worker")
    telemetry.start_metrics("worker")

    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
    assert not isinstance(metrics.get_meter_provider(), MeterProvider)


@pytest.mark.parametrize(
    "taken_back",
    [
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
        # Of feeds alone.
        {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "prometheus"},
    ],
)
def test_asking_can_be_taken_back(monkeypatch: pytest.MonkeyPatch, taken_back: dict[str, str]) -> None:
    for variable, value in ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"} | taken_back).items():
        monkeypatch.setenv(variable, value)

    assert not telemetry.start_traces("worker")
    telemetry.start_metrics("worker")

    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
    assert not isinstance(metrics.get_meter_provider(), MeterProvider)


@pytest.mark.parametrize(
    "command",
    [
        ("celery", "-A", "tasks", "worker", "-Q", "clock,reference", "--concurrency", "2"),
        ("celery", "-A", "tasks", "beat"),
        ("watch", "serve", "--port", "1"),
        ("feeds", "synthetic", "--symbols", "1", "--rate", "1"),
    ],
    ids=["worker", "beat", "gateway", "feed"],
)
def test_a_wrong_exporter_ends_a_process_with_a_sentence(processes: Processes, command: tuple[str, ...]) -> None:
    # When a process is to use an exporter that there is not
    ended = processes.run(*command, environment={"OTEL_METRICS_EXPORTER": "promethues"}, seconds=60)
    # Then it does not start, and names the variable
    assert ended.returncode == 1
    assert "OTEL_METRICS_EXPORTER names 'promethues': there are otlp, prometheus, none." in ended.stderr
    assert "Traceback" not in ended.stderr
