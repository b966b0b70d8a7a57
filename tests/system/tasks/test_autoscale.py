"""Workers and processes that the autoscaler starts and stops."""

import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from celery import Celery
from redis import Redis

from tasks import process_agg
from tasks.app import app
from tasks.autoscale import pool_autoscaler
from tasks.autoscale.policy import COOLDOWN
from tasks.autoscale.pool_autoscaler import PER_PROCESS, DepthAutoscaler
from tests.support.boards import eventually_as_expected
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually

# Where nobody listens. Celery takes the variable before anything else.
NOBODY = "redis://:secret@127.0.0.1:1/1"


def pids_of(log: str) -> set[int]:
    return {int(pid) for pid in re.findall(r'"process": (\d+), "message": "aggs-\d+@\S+ ready\."', log)}


def test_workers_are_replaced_and_stopped_by_the_command(
    processes: Processes, client: Celery, redis: Redis, broker: Redis
) -> None:
    # Given an autoscaler of two workers
    processes.start("autoscale", "tasks", "autoscale", "--min", "2", "--max", "2")
    eventually(lambda: len(pids_of(processes.log("autoscale"))) == 2)

    def names() -> set[str]:
        return {name.split("@")[0] for name in client.control.inspect(timeout=2, limit=2).ping() or ()}

    eventually(lambda: names() == {"aggs-1", "aggs-2"})

    # When one of them dies, then it is said, and another takes its place
    first = pids_of(processes.log("autoscale"))
    os.kill(min(first), signal.SIGKILL)
    processes.await_log("autoscale", "ended by itself")
    eventually(lambda: len(pids_of(processes.log("autoscale"))) == 3)

    # When it gets SIGTERM in the middle of a flood, then its workers restore what is in flight, and end
    bars = [bar(f"S{n % 40}", f"09:30:{n // 100:02}", close=10 + n % 7) for n in range(6_000)]
    process_agg.delay_many(bars)
    eventually(lambda: redis.zcard("leaderboard:top_volume") > 0)
    processes.signal("autoscale", signal.SIGTERM)
    processes.await_end("autoscale")
    assert broker.hlen("unacked") == 0
    assert not any(_lives(pid) for pid in pids_of(processes.log("autoscale")))

    # And nothing is lost
    processes.worker("last")
    eventually_as_expected(redis, expected(bars))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_end_with_an_autoscaler_that_is_killed(processes: Processes, redis: Redis) -> None:
    processes.start("autoscale", "tasks", "autoscale", "--max", "1")
    eventually(lambda: len(pids_of(processes.log("autoscale"))) == 1)

    processes.signal("autoscale", signal.SIGKILL)

    eventually(lambda: not any(_lives(pid) for pid in pids_of(processes.log("autoscale"))))


def test_a_broker_that_is_away_is_said_once(processes: Processes) -> None:
    # Given a broker that nobody answers for
    processes.start("autoscale", "tasks", "autoscale", "--max", "1", CELERY_BROKER_URL=NOBODY)
    processes.await_log("autoscale", "the workers stay as they are")

    # When it is asked twice to stop, then it ends its worker at once
    processes.signal("autoscale", signal.SIGTERM)
    processes.await_log("autoscale", "stopping: waits for 1 workers")
    processes.signal("autoscale", signal.SIGTERM)
    processes.await_end("autoscale", seconds=30)
    log = processes.log("autoscale")
    assert log.count("the workers stay as they are") == 1
    assert "secret" not in log


def test_bounds_that_cannot_be_are_refused() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tasks", "autoscale", "--min", "3", "--max", "2"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 2
    assert "from 3 to 2 workers" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_pool_grows_by_what_waits(processes: Processes, client: Celery, redis: Redis) -> None:
    # Given a backlog of bars, and a worker of stock Celery that may have one process or three
    bars = [bar(f"S{n % 40}", f"09:30:{n // 100:02}", close=10 + n % 7) for n in range(2_000)]
    process_agg.delay_many(bars)
    processes.worker("worker", "--autoscale", "3,1", FAST_LANE="0")

    # Then it grows to three, and loses nothing
    processes.await_log("worker", "1 -> 3 processes")
    eventually_as_expected(redis, expected(bars))


class CountedPool:
    """As Celery's prefork pool looks to an autoscaler; it lets no process go while `busy`."""

    def __init__(self) -> None:
        self.num_processes = 1
        self.busy = False

    def grow(self, processes: int) -> None:
        self.num_processes += processes

    def shrink(self, processes: int) -> None:
        if self.busy:
            raise ValueError("Can't shrink pool. All processes busy!")
        self.num_processes -= processes

    def maintain_pool(self) -> None:
        """It has no processes to see to."""


def test_a_pool_shrinks_by_one_idle_process_after_a_calm(
    broker: Redis, client: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a pool that has grown by a backlog
    now = [1_000.0]
    monkeypatch.setattr(pool_autoscaler, "time", SimpleNamespace(monotonic=lambda: now[0]))
    pool = CountedPool()
    autoscaler = DepthAutoscaler(pool, 3, 1, worker=SimpleNamespace(app=app))
    process_agg.delay_many([bar("A", "09:30:00")] * (2 * PER_PROCESS + 1))
    autoscaler.maybe_scale()
    assert pool.num_processes == 3

    # When nothing waits any more, then it stays as it is for as long as the policy's cooldown
    broker.delete("aggs")
    for _ in range(int(COOLDOWN)):
        now[0] += 1
        autoscaler.maybe_scale()
    assert pool.num_processes == 3

    # And then a process goes, unless all are busy
    pool.busy = True
    now[0] += 1
    autoscaler.maybe_scale()
    assert pool.num_processes == 3
    pool.busy = False
    now[0] += COOLDOWN
    autoscaler.maybe_scale()
    assert pool.num_processes == 2


def test_a_pool_stays_as_it_is_while_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", NOBODY)
    pool = CountedPool()

    DepthAutoscaler(pool, 3, 0, worker=SimpleNamespace(app=app)).maybe_scale()

    assert pool.num_processes == 1
