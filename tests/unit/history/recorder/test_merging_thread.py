"""Parts are merged beside the recording."""

from pathlib import Path

import pytest

from history.archive.day import Day
from history.recorder import merging_thread
from history.recorder.merging_thread import merging
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY
from tests.support.waiting import eventually


def test_a_damaged_day_keeps_no_other_from_being_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging_thread, "INTERVAL", 0.01)
    # Given two days of parts that are to be merged, and a damaged file in the first
    today = Day(tmp_path / f"{TODAY}")
    recorded(tmp_path, batch(1, ("A", "09:31:00")))
    recorded(tmp_path, batch(2, ("B", "09:32:00")))
    today.folder.rename(tmp_path / "2026-11-19")
    damaged = Day(tmp_path / "2026-11-19")
    (damaged.folder / damaged.parts()[0].name / "bars.parquet").write_bytes(b"damaged")
    recorded(tmp_path, batch(3, ("A", "09:31:00")))
    recorded(tmp_path, batch(4, ("B", "09:32:00")))
    with merging(tmp_path):
        # Then the second one becomes one part
        eventually(lambda: len(today.parts()) == 1)
    # And the first one is as it was
    assert len(damaged.parts()) == 2
