"""A query that hangs costs the gateway a process, and nobody else anything."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import httpx
import psutil
import pytest
from redis import Redis

from tests.support.history.days import hang, recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway, ask
from watch.gateway.limits import HISTORY_PROCESSES, QUERIES_PER_ADDRESS, QUERY_WAIT

HANGING = date(2026, 11, 19)
#: Seconds in which what takes milliseconds is answered on a busy machine.
PROMPTLY = 2.0

pytestmark = pytest.mark.slow


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two recorded days, one of which cannot be read."""
    recorded(tmp_path / "history", batch(1, ("A", "09:31:00")))
    recorded(tmp_path / "history", batch(1, ("A", "09:31:00")), day=HANGING)
    hang(tmp_path / "history", HANGING)
    return tmp_path / "history"


def waiting(gateway: Gateway, path: str) -> httpx.Response:
    """The answer, however late it comes."""
    return httpx.get(f"{gateway.url}{path}", timeout=60, trust_env=False)


def test_the_event_loop_does_not_wait_for_queries(tmp_path: Path, history: Path, redis: Redis) -> None:
    gateway = Gateway(tmp_path, HISTORY_DIR=str(history))
    processes = psutil.Process(gateway.pid)
    try:
        # Given a gateway that was not asked for history, then it has no process for it
        assert not processes.children()
        with ThreadPoolExecutor(QUERIES_PER_ADDRESS) as clients:
            # When as many queries hang as an address may have
            paths = [f"/api/candles/A{n}?day={HANGING}" for n in range(QUERIES_PER_ADDRESS)]
            hanging = [clients.submit(waiting, gateway, path) for path in paths]
            eventually(lambda: len(processes.children()) == HISTORY_PROCESSES)

            # Then everything else is answered meanwhile, and one query more is refused at once
            began = time.monotonic()
            while time.monotonic() < began + QUERY_WAIT / 2:
                asked = time.monotonic()
                assert gateway.get("/api/boards").status_code == 200
                with gateway.connect() as client:
                    assert ask(client, {"action": "get", "cache": "quote:A"})["data"] is None
                refused = gateway.get(f"/api/candles/A?day={TODAY}")
                assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
                assert time.monotonic() - asked < PROMPTLY

            # And those that hang are stopped, and those that wait for them too long are refused
            answers = [query.result() for query in hanging]
            assert {answer.status_code for answer in answers} == {503}
            assert all("too long" in answer.json()["error"] for answer in answers)
            assert gateway.metric("gateway_history_killed_total") == HISTORY_PROCESSES
            assert gateway.get(f"/api/candles/A?day={TODAY}").status_code == 200

            # And the gateway stops in time while others hang
            last = [clients.submit(waiting, gateway, path) for path in paths[:2]]
            eventually(lambda: len(processes.children()) == HISTORY_PROCESSES)
            left = processes.children()
            began = time.monotonic()
            gateway.stop()
            assert time.monotonic() - began < PROMPTLY
            assert not any(process.is_running() for process in left)
            assert [query.result().json() for query in last] == [{"error": "the gateway is stopping"}] * len(last)
    finally:
        gateway.stop()
