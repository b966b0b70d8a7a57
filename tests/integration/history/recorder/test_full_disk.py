"""A disk that is full stops recording, and nothing else."""

import threading
from pathlib import Path

import duckdb
import pytest
from redis import Redis

from history.archive.day import Day
from history.recorder import recorder as module
from history.recorder.recorder import Recorder
from history.recorder.status import Status
from leaderboard.shards import Shards
from leaderboard.system import System
from leaderboard.tape.recorder_report import RecorderReport
from tests.support.history.recording import await_recording
from tests.support.market import TODAY, bar
from tests.support.small_disk import mounts, small_disk
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not mounts(), reason="needs the right to mount a file system"),
]


def test_recording_stops_and_goes_on_by_itself(
    redis: Redis, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY", 0.1)
    monkeypatch.setattr(module, "WAIT", 0.1)
    with small_disk(tmp_path / "disk", 8) as disk:
        history, stop = disk.folder / "history", threading.Event()
        status = Status(history)
        thread = threading.Thread(target=Recorder(Shards([redis]), history, status).run, args=[stop])
        thread.start()
        try:
            # Given a recorder whose disk becomes full
            await_recording(redis)
            system.process([bar("A", "09:31:00")])
            eventually(lambda: status.bars == 1)
            disk.fill()
            # When bars come
            system.process([bar("B", "09:31:01")])
            eventually(lambda: status.failures >= 2)
            # Then the market goes on, the bars wait on the tape, and the doctor can say why
            assert system.process([bar("C", "09:31:02")]).applied == 1
            assert status.pending > 0
            assert status.age > 0
            report = RecorderReport.read(redis)
            assert report
            assert "space" in report.failure.lower()
            # And nothing torn is left
            assert len(Day(history / f"{TODAY}").parts()) == 1
            # When there is room again
            disk.free()
            # Then all bars are recorded
            eventually(lambda: status.bars == 3)
        finally:
            stop.set()
            thread.join(20)
        database = duckdb.connect()
        Day(history / f"{TODAY}").views(database)
        assert database.execute("SELECT symbol FROM bars ORDER BY ALL").fetchall() == [("A",), ("B",), ("C",)]
        assert database.execute("FROM gaps").fetchall() == []
        database.close()
