"""A worker's heartbeat, and the probe that reads it."""

import os
import time
from pathlib import Path

import pytest
from celery import Celery
from celery.worker import state
from redis import Redis

from config import heartbeat as probe
from config.heartbeat import STUCK
from tasks.app import app
from tasks.supervision import worker_heartbeat
from tasks.supervision.worker_heartbeat import Heartbeat
from tests.support.market import bar

LONG_AGO = 1_000_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "heartbeat"


@pytest.fixture
def still(redis: Redis, path: Path) -> Heartbeat:
    """That of a process which takes nothing, looked at once, its file then made old."""
    beating = Heartbeat(app, ["aggs"], path.touch)
    beating.check()
    os.utime(path, (LONG_AGO, LONG_AGO))
    return beating


def is_fresh(path: Path) -> bool:
    return path.stat().st_mtime > LONG_AGO


# --- when it beats


def test_it_beats_while_nothing_waits(still: Heartbeat, path: Path) -> None:
    still.check()

    assert is_fresh(path)


def test_it_stops_where_bars_wait_and_none_is_taken(still: Heartbeat, path: Path, client: Celery) -> None:
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")

    still.check()

    assert not is_fresh(path)


def test_it_beats_for_what_was_taken_or_tried(
    still: Heartbeat, path: Path, client: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given bars that wait
    client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue="aggs")

    # When one was taken meanwhile, then it beats
    monkeypatch.setattr(state, "all_total_count", [state.all_total_count[0] + 1])
    still.check()
    assert is_fresh(path)

    # And so it does when work was attempted that a server did not allow
    os.utime(path, (LONG_AGO, LONG_AGO))
    worker_heartbeat.note_attempt()
    still.check()
    assert is_fresh(path)


def test_it_beats_while_the_broker_is_away(still: Heartbeat, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a broker that refuses connections, then no worker is restarted for it."""
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/1")

    still.check()

    assert is_fresh(path)


# --- the probe


def test_the_probe_tells_the_fresh_from_the_old(path: Path) -> None:
    now = time.time()

    assert probe.stuck_reason(path, now) == f"{path} is not there: its process has not come to work"
    path.touch()
    assert probe.stuck_reason(path, now) is None
    os.utime(path, (now - STUCK - 1, now - STUCK - 1))
    assert probe.stuck_reason(path, now) == f"{path} is 31 s old: for so long its process has not come to work"
