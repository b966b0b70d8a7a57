"""The health check of a worker's container tells a worker that takes nothing; systemd hears of one that works."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis

from config.heartbeat import INTERVAL
from config.settings import settings
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

    assert ended.returncode == 1
    assert ended.stderr == "HEARTBEAT_FILE is not set, for the process as for this probe\n"


@pytest.fixture
def worker(processes: Processes, path: Path) -> str:
    processes.worker("worker", HEARTBEAT_FILE=str(path))
    assert probed(path).returncode == 0
    return "worker"


def test_systemd_hears_that_a_worker_is_ready_and_works(processes: Processes, tmp_path: Path) -> None:
    """Given a worker of systemd, then it is told both."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(30)
        processes.worker("worker", NOTIFY_SOCKET=str(tmp_path / "notify"))

        assert [systemd.recv(100), systemd.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


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
