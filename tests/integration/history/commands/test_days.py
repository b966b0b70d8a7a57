"""``python -m history days`` and ``prune``."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import settings
from history.__main__ import app
from history.archive.rows import arrays_of
from history.archive.schema import GAPS
from history.archive.writing import PartWriter
from leaderboard.sessions import next_trading_day
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY, at

SECOND = next_trading_day(TODAY)
THIRD = next_trading_day(SECOND)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a day that has a gap, none of the next, and the one after it."""
    monkeypatch.setattr("history.recorded_days.settings", lambda: settings().model_copy(update=_folder(tmp_path)))
    recorded(tmp_path, batch(2, ("A", "09:31:00"), ("B", "15:59:00")))
    gap = {"from_at": at("10:00:00"), "to_at": at("10:05:00"), "why": "Redis lost data."}
    PartWriter(tmp_path).write_state(f"{TODAY}", {GAPS.name: arrays_of(GAPS, [gap])}, 1, at("10:05:00"))
    (tmp_path / f"{TODAY}").rename(tmp_path / "kept")
    recorded(tmp_path, batch(3, ("A", "09:31:00")))
    (tmp_path / f"{TODAY}").rename(tmp_path / f"{THIRD}")
    (tmp_path / "kept").rename(tmp_path / f"{TODAY}")
    return tmp_path


def _folder(path: Path) -> dict[str, Path]:
    return {"history_dir": path}


def run(*arguments: str) -> Sequence[str]:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_days_tell_what_is_recorded_and_what_is_missing(history: Path) -> None:
    output = run("days")
    assert any(
        f"{TODAY}" in line and "09:31:00" in line and "15:59:01" in line and " 2 " in line for line in output
    )
    assert output[-2:] == [f"{TODAY}, 10:00:00 to 10:05:00: Redis lost data.", f"{SECOND}: nothing is recorded."]


def test_days_as_json(history: Path) -> None:
    first, second = map(json.loads, run("days", "--json"))
    size = first.pop("size")
    assert size > 1_000
    assert first == {
        "day": f"{TODAY}",
        "first": at("09:31:00"),
        "last": at("15:59:01"),
        "bars": 2,
        "gaps": [{"from": at("10:00:00"), "to": at("10:05:00"), "why": "Redis lost data."}],
    }
    assert (second["day"], second["bars"], second["gaps"]) == (f"{THIRD}", 1, [])


def test_old_days_are_removed(history: Path) -> None:
    assert run("prune", "--keep", "1") == [f"Removed: {TODAY}."]
    assert run("prune", "--keep", "1") == ["There was nothing to remove."]
    assert [date.fromisoformat(path.name) for path in history.iterdir()] == [THIRD]
