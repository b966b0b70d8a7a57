"""The autoscaler's parts: the probe of the queue on a real broker, and the fleet of workers."""

import re
import sys
import time
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from config import queue_depth
from config.celery import AGGS
from tasks.app import app
from tasks.autoscale.fleet import Fleet
from tasks.autoscale.queue_probe import ProbeError, QueueProbe
from tests.support.market import bar
from tests.support.waiting import eventually

# Where nobody listens. Celery takes the variable before anything else.
NOBODY = "redis://:secret@127.0.0.1:1/1"


# --- the probe


def test_the_probe_counts_what_waits_and_what_is_in_flight(broker: Redis, client: Celery) -> None:
    # Given bars of two priorities, one in flight, and another queue's message
    for priority in (0, 0, 9):
        client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs", priority=priority)
    client.send_task("tasks.publish_snapshot", queue="clock")
    broker.hset("unacked", "tag", b'[{}, "", "aggs"]')

    reading = QueueProbe(app, dated=False).read()

    assert (reading.waiting, reading.in_flight, reading.age) == (3, 1, None)


def test_the_probe_tells_the_age_of_the_oldest_bar(broker: Redis, client: Celery) -> None:
    probe = QueueProbe(app, dated=True)
    now = int(time.time() * 1000)

    def send(age: float, priority: int = 0) -> None:
        ended = now - int(age * 1000)
        event = bar("A", "09:30:00", s=ended - 1000, e=ended)
        client.send_task("tasks.process_agg", kwargs={"event": event}, queue="aggs", priority=priority)

    # Given none, then no age
    assert probe.read().age is None

    # Given bars one after the other, then that of the one that is next in turn, of whichever priority is older
    send(20)
    send(0)
    assert probe.read().age == pytest.approx(20, abs=15)
    send(100, priority=9)
    assert probe.read().age == pytest.approx(100, abs=15)


@pytest.mark.parametrize("message", [b"no message", b"{}"])
def test_the_probe_passes_over_what_is_no_bar(broker: Redis, message: bytes) -> None:
    broker.lpush("aggs", message)

    reading = QueueProbe(app, dated=True).read()

    assert (reading.waiting, reading.age) == (1, None)


@pytest.mark.parametrize("arguments", [([],), (["A"],), ([{"sym": "A"}],)], ids=str)
def test_the_probe_passes_over_a_bar_that_is_none(
    broker: Redis, client: Celery, arguments: tuple[list[object]]
) -> None:
    client.send_task("tasks.process_agg", *arguments, queue="aggs")

    assert QueueProbe(app, dated=True).read().age is None


@pytest.mark.parametrize("dated", [True, False])
def test_the_probe_says_which_key_is_of_the_wrong_type(broker: Redis, dated: bool) -> None:
    # Given something else where bars of the second priority should wait
    key = queue_depth.priority_lists(app.connection_for_read().default_channel, AGGS)[1]
    broker.set(key, "somebody else's")

    # When the depth is asked for, then the key is named, its type and the right one
    with pytest.raises(ProbeError, match=re.escape(f"the key {key!r} is a string, and has to be a list")):
        QueueProbe(app, dated=dated).read()

    # And so it is for what is in flight
    broker.delete(key)
    broker.lpush("unacked", "somebody else's")
    with pytest.raises(ProbeError, match="the key 'unacked' is a list, and has to be a hash"):
        QueueProbe(app, dated=dated).read()


def test_the_probe_says_that_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", NOBODY)

    with pytest.raises(ProbeError, match="refused"):
        QueueProbe(app, dated=True).read()


# --- the fleet


# Ignores SIGTERM, and ends when it is killed.
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""


def failing(name: str) -> list[str]:
    return [sys.executable, "-c", "raise SystemExit(3)", name]


def test_each_worker_has_a_name_of_its_own(tmp_path: Path) -> None:
    fleet = Fleet(lambda name: [sys.executable, "-c", STUBBORN, str(tmp_path / name)])
    try:
        # Given three workers, when two are too many, then the youngest get SIGTERM
        fleet.resize(3)
        eventually(lambda: len(list(tmp_path.iterdir())) == 3)
        assert fleet.names == ["aggs-1", "aggs-2", "aggs-3"]
        fleet.resize(1)
        assert (fleet.names, fleet.stopping) == (["aggs-1"], 2)

        # When there are more again before those have ended, then nobody takes their names
        fleet.resize(2)
        assert fleet.names == ["aggs-1", "aggs-4"]
    finally:
        # When all are ended at once, then so they are
        fleet.resize(0)
        fleet.kill()
        eventually(lambda: ended(fleet))


def ended(fleet: Fleet) -> bool:
    fleet.reconcile()
    return fleet.stopping == 0


def test_a_worker_that_cannot_start_is_tried_again_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    fleet = Fleet(failing)

    fleet.resize(1)

    def given_up_for_now() -> bool:
        fleet.reconcile()
        return "is replaced in 4 s" in caplog.text

    eventually(given_up_for_now)
    assert re.search(r"aggs-1 ended by itself after \d s, exit code 3", caplog.text)
    assert len(caplog.records) == 2


def test_a_start_that_fails_leaves_the_other_workers_at_work(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a worker, and a second one whose program is missing at its first start
    programs = iter([sys.executable, str(tmp_path / "missing"), sys.executable])
    ready = tmp_path / "ready"
    ready.mkdir()
    fleet = Fleet(lambda name: [next(programs), "-c", STUBBORN, str(ready / name)])
    try:
        # When both are wanted, then the first is there, and the log says why the second is not
        fleet.resize(2)
        assert fleet.names == ["aggs-1"]
        assert "aggs-2 could not start, next try in 2 s: [Errno 2] No such file" in caplog.text

        # And it is started after a pause
        def started() -> bool:
            fleet.reconcile()
            return fleet.names == ["aggs-1", "aggs-2"]

        eventually(started)
        eventually(lambda: len(list(ready.iterdir())) == 2)
        assert len(caplog.records) == 1
    finally:
        fleet.resize(0)
        fleet.kill()
        eventually(lambda: ended(fleet))


def test_once_starts_succeed_the_pause_is_short_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a fleet whose first start fails, and whose next one succeeds
    monkeypatch.setattr("tasks.autoscale.fleet._FAILED_START", 0.5)
    missing = str(tmp_path / "missing")
    programs = iter([missing, sys.executable, missing])
    ready = tmp_path / "ready"
    ready.mkdir()
    fleet = Fleet(lambda name: [next(programs), "-c", STUBBORN, str(ready / name)])
    try:
        fleet.resize(1)
        assert "aggs-1 could not start, next try in 2 s" in caplog.text

        def at_work() -> bool:
            fleet.reconcile()
            return (ready / "aggs-1").exists()

        eventually(at_work)
        caplog.clear()

        # When a start fails after that worker has run for a while
        began = time.monotonic()

        def is_proven() -> bool:
            fleet.reconcile()
            return time.monotonic() > began + 1

        eventually(is_proven)
        fleet.resize(2)

        # Then the next try does not wait for longer than the first did
        assert "aggs-2 could not start, next try in 2 s" in caplog.text
    finally:
        fleet.resize(0)
        fleet.kill()
        eventually(lambda: ended(fleet))
