"""Workers whose pool hangs: their processes are replaced, and they end on SIGTERM."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from tests.support.processes import Processes
from tests.support.waiting import eventually

SNAPSHOT = "tasks.publish_snapshot"


def children(processes: Processes, name: str) -> list[int]:
    """The processes of a worker's pool."""
    pid = processes.pid(name)
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# A worker whose snapshots never end, and which has less time to stop.
_ENDLESS = """
import os, sys, time
from redis import Redis
import tasks.supervision.watchdog as watchdog
watchdog.POOL_STOPS, watchdog.STOPS = 1.0, float(sys.argv[1])
from tasks import app, boards

def system():
    Redis.from_url(os.environ["REDIS_URL"]).set("begun", 1)
    time.sleep(1000)

boards.system = system
app.worker_main(["worker", "-Q", "clock", "-c", "1", "--pool", sys.argv[2]])
"""


@pytest.fixture
def clock_worker(processes: Processes) -> list[int]:
    """The pool's processes of a clock worker that has two."""
    processes.worker("clock", "--concurrency", "2", queues="clock,reference")
    eventually(lambda: len(children(processes, "clock")) == 2)
    return children(processes, "clock")


def test_stopped_processes_are_replaced(
    processes: Processes, client: Celery, broker: Redis, clock_worker: list[int]
) -> None:
    # Given a pool of which all processes have been stopped, and calls for them
    for pid in clock_worker:
        os.kill(pid, signal.SIGSTOP)
    for _ in range(5):
        client.send_task(SNAPSHOT, queue="clock")

    # Then others take their places, and all calls run
    eventually(lambda: not broker.llen("clock") and not broker.hlen("unacked"), seconds=30)
    eventually(lambda: len(children(processes, "clock")) == 2)
    assert not {*clock_worker} & {*children(processes, "clock")}
    assert "it has been stopped" in processes.log("clock")


def test_a_worker_whose_processes_hang_ends_on_sigterm(
    processes: Processes, client: Celery, broker: Redis, clock_worker: list[int]
) -> None:
    # Given the same
    for pid in clock_worker:
        os.kill(pid, signal.SIGSTOP)
    for _ in range(5):
        client.send_task(SNAPSHOT, queue="clock")

    # When it gets SIGTERM
    processes.signal("clock", signal.SIGTERM)

    # Then it ends, and what it had not done waits for another
    processes.await_end("clock", seconds=20)
    assert broker.llen("clock") + broker.hlen("unacked") == 5


@pytest.mark.parametrize(("pool", "stops"), [("prefork", "60"), ("solo", "2")])
def test_a_worker_ends_although_a_call_does_not(
    redis: Redis, client: Celery, broker: Redis, pool: str, stops: str
) -> None:
    # Given a worker at a call that never ends
    worker = subprocess.Popen([sys.executable, "-c", _ENDLESS, stops, pool])
    try:
        client.send_task(SNAPSHOT, queue="clock")
        eventually(lambda: redis.exists("begun"))

        # When it gets SIGTERM, then it ends
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    finally:
        worker.kill()

    # And the call is there for another, at once or after the visibility timeout
    assert broker.llen("clock") + broker.hlen("unacked") == 1
