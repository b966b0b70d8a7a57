"""``leaderboards doctor`` beside real processes: sound, and with each of them gone."""

import json
import signal
from typing import Any

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.system import System
from tests.support.market import trade_three
from tests.support.processes import Processes
from tests.support.waiting import eventually

#: What is a fault of the machine that runs the tests, and not of the system.
MACHINE = {"disk", "machine"}


def doctor(processes: Processes, *options: str, **environment: str) -> tuple[int, str]:
    """The exit code, and what it wrote."""
    ended = processes.run("tasks", "doctor", *options, environment=environment)
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended.returncode, ended.stdout + ended.stderr


def wrong(processes: Processes) -> dict[str, str]:
    """What is wrong, by check, but for what the tests' own Redis and machine are."""
    _, text = doctor(processes, "--json")
    findings: list[dict[str, Any]] = json.loads(text)["findings"]
    return {
        each["check"]: each["says"]
        for each in findings
        if each["severity"] == "wrong" and each["check"] not in MACHINE and "on disk" not in each["says"]
    }


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


@pytest.fixture(autouse=True)
def without_persistence_again(redis: Redis) -> Any:
    yield
    redis.config_set("appendonly", "no")


def test_a_sound_system_and_one_that_loses_its_processes(at_work: Processes, redis: Redis) -> None:
    # Given all processes, which nothing is wrong with but that one of three symbols has no previous close
    code, text = doctor(at_work, "--json")
    report = json.loads(text)
    assert (code, report["sound"]) == (0, True), text
    said = {each["says"] for each in report["findings"]}
    assert {"volume: 3 rows of 3 symbols", "it is a master", "nothing is in flight"} <= said
    assert any(each.startswith("aggs: 1 (aggs@") for each in said)
    assert any(each.startswith("all run the same code") for each in said)
    # And the question has left nothing behind
    broker = Redis(port=redis.connection_pool.connection_kwargs["port"], db=1)
    assert not [key for key in broker.scan_iter() if b"reply.celery.pidbox" in key and b"binding" not in key]

    # When it is killed that works on bars, then that is named
    at_work.signal("aggs", signal.SIGKILL)
    assert wrong(at_work) == {"workers": "no worker of aggs answers within 3 s: bars wait"}

    # When beat is killed as well, then so is it, and that nobody publishes
    at_work.signal("beat", signal.SIGKILL)
    eventually(lambda: "boards" in wrong(at_work))
    found = wrong(at_work)
    assert found["beat"].startswith("no beat answers")
    assert found["boards"].startswith("nobody has come to publish for")

    # And when the clock worker hangs, it is told as well
    at_work.signal("clock", signal.SIGSTOP)
    _, text = doctor(at_work)
    at_work.signal("clock", signal.SIGCONT)
    assert "WRONG    workers: no worker of clock answers within 3 s: boards stand still" in text
    assert "See docs/operations/alarms.md#clockstopped" in text


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
