"""Which pool a worker gets, and stock Celery throughout where the fast lane is off."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from config.settings import settings
from leaderboard import keys
from tests.support.market import bar
from tests.support.processes import Processes
from tests.support.waiting import eventually

# Prints what a process made of the setting.
SHOW = """
import json
from kombu import Connection
from tasks import app
names = ("redis://", "rediss://", "sentinel://")
print(json.dumps([Connection(name).get_transport_cls().__module__ for name in names]))
"""


def stats_of_worker(client: Celery) -> dict[str, Any]:
    """What the only worker tells of itself."""
    told: list[Any] = []

    def answers() -> bool:
        told.extend((client.control.inspect(timeout=1, limit=1).stats() or {}).values())
        return bool(told)

    eventually(answers)
    return dict(told[0])


def start(processes: Processes, *options: str) -> str:
    """What a worker says that is to end by itself; one that does not fails the test."""
    ended = processes.run("celery", "-A", "tasks", "worker", "-Q", "aggs", *options, seconds=30)
    assert ended.returncode != 0
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("options", [["--pool", "prefork"], ["--pool", "threads"], ["-c", "2"]], ids=" ".join)
def test_other_pools_are_refused_in_a_sentence(processes: Processes, redis: Redis, options: list[str]) -> None:
    said = start(processes, *options)

    assert "start as many workers as there are cores, with --pool solo or without --pool" in said
    assert "FAST_LANE=0" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("options", [[], ["--pool", "solo"]], ids=" ".join)
def test_autoscaling_a_pool_is_refused_in_a_sentence(
    processes: Processes, redis: Redis, options: list[str]
) -> None:
    said = start(processes, *options, "--autoscale", "4,1")

    assert "--autoscale has no pool to grow" in said
    assert "python -m tasks autoscale" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("options", [[], ["--pool", "solo", "-c", "4"]], ids=" ".join)
def test_a_worker_of_bars_runs_them_itself(
    processes: Processes, client: Celery, redis: Redis, options: list[str]
) -> None:
    # Given a worker for which no other pool was asked
    processes.worker("worker", *options)

    # Then it says solo, runs bars, and takes ahead what can be conflated together
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")
    eventually(lambda: redis.exists(keys.row("A")))
    stats = stats_of_worker(client)
    assert stats["pool"]["implementation"].endswith("solo:TaskPool")
    assert stats["prefetch_count"] == 20_000
    assert stats["total"] == {"tasks.process_agg": 1}


def test_workers_of_other_queues_have_the_pool_they_ask_for(
    processes: Processes, client: Celery, redis: Redis
) -> None:
    processes.worker("clock", "--concurrency", "2", queues="clock,reference")

    stats = stats_of_worker(client)
    assert stats["pool"]["implementation"].endswith("prefork:TaskPool")
    client.send_task("tasks.publish_snapshot", queue="clock")
    eventually(lambda: stats_of_worker(client)["total"] == {"tasks.publish_snapshot": 1})


@pytest.mark.parametrize(
    ("lane", "module"), [("1", "tasks.fastlane.transport"), ("0", "tasks.fastlane.stock_transport")]
)
def test_the_setting_decides_on_the_transport(processes: Processes, redis: Redis, lane: str, module: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        env=os.environ | {"FAST_LANE": lane},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(shown.stdout) == [module] * 3


def test_without_the_fast_lane_a_worker_is_stock(processes: Processes, client: Celery, redis: Redis) -> None:
    # Given a worker without it, told to use a pool
    processes.worker("worker", "--concurrency", "2", FAST_LANE="0")
    stats = stats_of_worker(client)
    assert stats["pool"]["implementation"].endswith("prefork:TaskPool")

    # When a bar comes
    broker = Redis.from_url(settings().celery_broker_url)
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")
    eventually(lambda: redis.exists(keys.row("A")))

    # Then it has waited with BRPOP, and taken messages by no script
    commands = redis.info("commandstats")
    assert commands["cmdstat_brpop"]["calls"] > 0
    assert "blmove" not in [each["cmd"] for each in broker.client_list()]
    eventually(lambda: not broker.hlen("unacked"))
