"""A worker's heartbeat, and the probe that reads it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import Celery
from celery.worker import state
from redis import Redis

from config import heartbeat as probe
from config.heartbeat import INTERVAL, STUCK
from config.settings import settings
from tasks.app import app
from tasks.supervision import heartbeat_file
from tasks.supervision.heartbeat_file import Heartbeat
from tests.support.market import bar
from tests.support.processes import Processes
from tests.support.waiting import eventually

LONG_AGO = 1_000_000_000


def probed(path: Path) -> subprocess.CompletedProcess[str]:
    """What a container's health check says."""
    return subprocess.run(
        [sys.executable, "-m", "config.heartbeat"],
        env=os.environ | {"HEARTBEAT_FILE": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def beats(path: Path) -> bool:
    """Whether the file is touched from now on."""
    os.utime(path, (LONG_AGO, LONG_AGO))
    try:
        eventually(lambda: path.stat().st_mtime > LONG_AGO, 2 * INTERVAL)
    except AssertionError:
        return False
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "heartbeat"


@pytest.fixture
def still(redis: Redis, path: Path) -> Heartbeat:
    """That of a process which takes nothing, looked at once, its file then made old."""
    beating = Heartbeat(app, ["aggs"], path)
    beating.look()
    os.utime(path, (LONG_AGO, LONG_AGO))
    return beating


def is_fresh(path: Path) -> bool:
    return path.stat().st_mtime > LONG_AGO


# --- when it beats


def test_it_beats_while_nothing_waits(still: Heartbeat, path: Path) -> None:
    still.look()

    assert is_fresh(path)


def test_it_stops_where_bars_wait_and_none_is_taken(still: Heartbeat, path: Path, client: Celery) -> None:
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")

    still.look()

    assert not is_fresh(path)


def test_it_beats_for_what_was_taken_or_tried(
    still: Heartbeat, path: Path, client: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given bars that wait
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")

    # When one was taken meanwhile, then it beats
    monkeypatch.setattr(state, "all_total_count", [state.all_total_count[0] + 1])
    still.look()
    assert is_fresh(path)

    # And so it does when work was begun that a server did not let through
    os.utime(path, (LONG_AGO, LONG_AGO))
    heartbeat_file.note_attempt()
    still.look()
    assert is_fresh(path)


def test_it_beats_while_the_broker_is_away(still: Heartbeat, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a broker that refuses connections, then no worker is restarted for it."""
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/1")

    still.look()

    assert is_fresh(path)


# --- the probe


def test_the_probe_tells_the_fresh_from_the_old(path: Path) -> None:
    now = time.time()

    assert probe.fault(path, now) == f"{path} is not there: no worker has come to work"
    path.touch()
    assert probe.fault(path, now) is None
    os.utime(path, (now - STUCK - 1, now - STUCK - 1))
    assert probe.fault(path, now) == f"{path} is 31 s old: for so long bars wait and the worker takes none"


def test_the_probe_imports_nothing_that_takes_time() -> None:
    imported = subprocess.run(
        [sys.executable, "-c", "import config.heartbeat, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert not {"celery", "pydantic", "redis", "kombu"} & set(imported)


def test_the_probe_without_a_file_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "config.heartbeat"],
        env={**os.environ, "HEARTBEAT_FILE": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (1, "HEARTBEAT_FILE is not set, for the worker as for this probe\n")


# --- real workers


@pytest.fixture
def worker(processes: Processes, path: Path) -> str:
    processes.worker("worker", HEARTBEAT_FILE=str(path))
    assert probed(path).returncode == 0
    return "worker"


def test_a_frozen_worker_is_noticed(processes: Processes, worker: str, path: Path) -> None:
    # When the process stands still
    processes.signal(worker, signal.SIGSTOP)

    # Then its heartbeat does, and the probe fails once that has lasted
    assert not beats(path)
    assert probed(path).returncode == 1
    processes.signal(worker, signal.SIGCONT)


def test_a_worker_that_takes_nothing_is_noticed_though_it_answers(
    processes: Processes, worker: str, path: Path, client: Celery
) -> None:
    # Given a worker that no longer consumes
    eventually(lambda: client.control.cancel_consumer("aggs", reply=True, timeout=1))
    eventually(lambda: beats(path))

    # When bars wait
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")
    eventually(lambda: Redis.from_url(settings().celery_broker_url).llen("aggs") == 1)

    # Then its heartbeat stops and the probe fails, though it answers a ping
    eventually(lambda: not beats(path))
    eventually(lambda: client.control.ping(timeout=1))
    assert probed(path).returncode == 1

    # And goes on as soon as it consumes again
    eventually(lambda: client.control.add_consumer("aggs", reply=True, timeout=1))
    eventually(lambda: beats(path))
