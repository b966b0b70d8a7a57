"""Collectors of OpenTelemetry that are away: processes stop promptly all the same."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from redis import Redis

from config.telemetry import STOP_SECONDS
from deploy.redis_server import free_port
from tests.support.collector import silent_collector
from tests.support.processes import Processes
from tests.support.waiting import eventually

#: Seconds that a process may take to stop besides, on a busy machine. Exporters would take ten by themselves.
SLACK = 4.5


@pytest.fixture(params=["refuses", "is silent"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a collector that refuses connections, or that accepts them and never answers."""
    with ExitStack() as stack:
        if request.param == "refuses":
            yield f"http://127.0.0.1:{free_port()}"
        else:
            yield stack.enter_context(silent_collector())


def test_processes_stop_promptly(processes: Processes, redis: Redis, away: str) -> None:
    # Given all kinds of processes whose collector is away, each with something to report
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": away, "OTEL_BSP_SCHEDULE_DELAY": "100", "MARKET_CLOCK": "wall"}
    port = free_port()
    processes.start("gateway", "watch", "serve", "--port", str(port), **asked)
    processes.start_worker("worker", **asked)
    processes.start_worker("clock", "--concurrency", "2", queues="clock,reference", **asked)
    processes.start("feed", "feeds", "synthetic", "--symbols", "50", "--rate", "20", **asked)
    processes.beat("beat", **asked)
    processes.await_log("gateway", "the boards are at")
    processes.await_log("feed", "bars sent")
    httpx.get(f"http://127.0.0.1:{port}/api/boards", trust_env=False)
    eventually(lambda: redis.exists("scanners:top_volume"))

    took = {}
    for name in ("feed", "gateway", "beat", "clock", "worker"):
        # When it is asked to stop
        began = time.monotonic()
        processes.signal(name, signal.SIGTERM)
        processes.await_end(name)
        took[name] = time.monotonic() - began

    # Then the collector costs it little time
    assert all(seconds < STOP_SECONDS + SLACK for seconds in took.values()), took
