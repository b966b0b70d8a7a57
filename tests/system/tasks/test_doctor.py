"""``leaderboards doctor`` beside real processes: sound, and with each of them gone."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from config.settings import settings
from leaderboard import keys
from leaderboard.store.snapshots import longest_absence
from leaderboard.system import System
from tests.support.market import trade_three
from tests.support.processes import Processes
from tests.support.waiting import eventually
from tests.support.watch.gateways import Gateway


def doctor(processes: Processes, *options: str, **environment: str) -> tuple[int, str]:
    """The exit code, and what it wrote."""
    ended = processes.run("tasks", "doctor", *options, environment=environment)
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def at_work(redis: Redis, system: System, processes: Processes) -> Processes:
    """A worker, a clock worker and a beat, which have published a board, on a Redis that persists."""
    redis.config_set("appendonly", "yes")
    processes.start_worker("aggs")
    processes.start_worker("clock", "--pool", "solo", queues="clock,reference")
    processes.beat("beat")
    trade_three(system)
    for name in ("aggs", "clock"):
        processes.await_log(name, " ready.")
    eventually(lambda: redis.hget(keys.SNAPSHOT, "published_at"))
    return processes


@pytest.fixture
def gateway(at_work: Processes, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of that system, which has met its workers."""
    started = Gateway(tmp_path)
    eventually(lambda: started.get("/healthz").json()["healthy"])
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def without_persistence_again(redis: Redis) -> Iterator[None]:
    yield
    redis.config_set("appendonly", "no")


def test_a_sound_system_and_one_that_loses_its_processes(
    at_work: Processes, gateway: Gateway, redis: Redis
) -> None:
    # Given all processes, nothing is wrong
    code, text = doctor(at_work, "--json", "--gateway", gateway.url)
    report = json.loads(text)
    assert (code, report["sound"]) == (0, True), text
    parts = len(gateway.get("/healthz").json()["parts"])
    told = {each["says"] for each in report["findings"]}
    assert {"volume: 3 rows of 3 symbols", "it is a master", f"{gateway.url} is well in all {parts} parts"} <= told
    assert any(each.startswith("aggs: 1 (aggs@") for each in told)
    assert any(each.startswith("all run the same code") for each in told)
    # And the question has left nothing behind
    broker = Redis.from_url(settings().celery_broker_url)
    assert not [key for key in broker.scan_iter(match="*reply.celery.pidbox*") if b"binding" not in key]

    # When the worker and beat are killed, the clock worker hangs, and that has lasted for a while
    for name, number in (("aggs", signal.SIGKILL), ("beat", signal.SIGKILL), ("clock", signal.SIGSTOP)):
        at_work.signal(name, number)
    eventually(lambda: _seconds_since_an_attempt(redis) > longest_absence(settings().publish_interval))
    code, text = doctor(at_work)
    at_work.signal("clock", signal.SIGCONT)

    # Then each is named, with where to read on
    assert code == 1
    for said in (
        "WRONG    workers: no worker of aggs answers within 3 s: bars wait",
        "WRONG    workers: no worker of clock answers within 3 s: boards stand still",
        "WRONG    beat: no beat answers within 3 s",
        "WRONG    boards: nobody has come to publish for",
        "See docs/operations/alarms.md#clockstopped",
    ):
        assert said in text


def _seconds_since_an_attempt(redis: Redis) -> float:
    attempted: Any = redis.hget(keys.SNAPSHOT, "attempted_at")
    return time.time() - int(attempted) / 1000


def test_processes_that_disagree(redis: Redis, processes: Processes) -> None:
    # Given workers of which one has other settings
    processes.worker("aggs", BOARD_SIZE="100")

    # Then both values are named
    _, text = doctor(processes)
    assert "processes disagree: BOARD_SIZE is 500 (this command), 100 (aggs@" in text


def test_servers_that_are_away_are_no_traceback(processes: Processes) -> None:
    gone = "redis://:secret@127.0.0.1:1/0"
    code, text = doctor(processes, REDIS_URL=gone, CELERY_BROKER_URL=gone)
    assert code == 1
    assert "WRONG    boards' Redis: redis://:**@127.0.0.1:1/0 does not answer" in text
    assert "unknown  not looked at: " in text
    assert "secret" not in text


def test_a_wrong_setting_ends_it_with_a_sentence(processes: Processes) -> None:
    code, text = doctor(processes, VISIBILITY_TIMEOUT="soon")
    assert (code, text.startswith("Wrong setting VISIBILITY_TIMEOUT")) == (1, True)
