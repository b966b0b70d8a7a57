"""Recorders as processes run them: one records, another waits, and a stop leaves nothing behind."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from history.archive.day import Day
from history.archive.schema import BARS
from history.errors import HistoryError
from history.recorder import recorder as module
from history.recorder import tape_to_archive
from history.recorder.folder import only_writer
from history.recorder.recorder import Recorder
from history.recorder.status import Status
from leaderboard import keys
from leaderboard.shards import Shards
from leaderboard.system import System
from leaderboard.tape.recorder_report import RecorderReport
from tests.support.history.recording import await_recording
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually


def heartbeat_of(history: Path) -> Path:
    return history.with_name(f"{history.name}.heartbeat")


@contextmanager
def running(redis: Redis, history: Path, keep: int | None = None) -> Iterator[Status]:
    """A recorder in a thread, stopped at the end as SIGTERM does."""
    status, stop = Status(history), threading.Event()
    recorder = Recorder(Shards([redis]), history, status, keep, heartbeat_of(history))
    thread = threading.Thread(target=recorder.run, args=[stop])
    thread.start()
    try:
        yield status
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def test_a_stop_flushes_what_was_read(redis: Redis, system: System, tmp_path: Path) -> None:
    # Given a recorder
    with running(redis, tmp_path) as status:
        await_recording(redis)
        # When it is stopped right after a bar
        system.process([bar("A", "09:31:00")])
    # Then the bar is on disk, and another recorder may record
    assert status.bars == 1
    assert heartbeat_of(tmp_path).exists()
    assert len(Day(tmp_path / f"{TODAY}").files(BARS)) == 1
    assert not redis.exists(keys.RECORDER_LEASE)
    # And nothing is half done
    assert not [*tmp_path.rglob(".writing-*")]


def test_a_second_recorder_waits_and_takes_over(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT", 0.05)
    with ExitStack() as stack:
        # Given a recorder that records, and another one with a disk of its own
        first = stack.enter_context(running(redis, tmp_path / "1"))
        eventually(lambda: first.is_recording)
        with running(redis, tmp_path / "2") as second:
            assert not second.is_recording
            # When the first one stops
            stack.close()
            # Then the other one records
            eventually(lambda: second.is_recording)


def test_days_that_cannot_be_removed_do_not_stop_it(
    redis: Redis, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tape_to_archive, "SECONDS", 0.05)
    # Given an old day that cannot be removed
    (tmp_path / "2026-11-19").mkdir()
    (tmp_path / ".pruned-2026-11-19").write_text("")
    with running(redis, tmp_path, keep=1) as status:
        # When the recorder has tried to
        await_recording(redis)
        system.process([bar("A", "09:31:00")])
        eventually(lambda: "could not be removed" in caplog.text)
        # Then it goes on
        system.process([bar("B", "09:31:01")])
        eventually(lambda: status.bars == 2)
    assert status.failures == 0


def test_one_process_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    with (
        only_writer(tmp_path),
        pytest.raises(HistoryError, match="Another recorder writes"),
        only_writer(tmp_path),
    ):
        pass


def test_a_failure_is_told_and_tried_again(
    redis: Redis, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY", 0.05)
    monkeypatch.setattr(module, "WAIT", 0.05)
    # Given a folder that cannot be made
    history = tmp_path / "history"
    history.write_text("")
    with running(redis, history) as status:
        # When a recorder runs
        eventually(lambda: status.failures >= 2)
        # Then the doctor can tell why it records nothing
        report = RecorderReport.read(redis)
        assert report
        assert "File exists" in report.failure
        # And it records once it can
        history.unlink()
        eventually(lambda: status.is_recording)
