"""Profiles are made at 03:40 of each trading day, or when a recorder starts later that morning."""

import logging
import sys
from datetime import datetime

import pytest

from config.settings import Settings
from history.profiles import nightly
from history.profiles.nightly import next_run, nightly_profiles
from leaderboard.sessions import NEW_YORK
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-20T03:39:59", "2026-11-20T03:40:00"),
        ("2026-11-20T03:40:00", "2026-11-20T03:40:00"),
        ("2026-11-20T07:00:00", "2026-11-20T07:00:00"),
        # Friday's is over: Monday's is next.
        ("2026-11-20T09:30:00", "2026-11-23T03:40:00"),
        ("2026-11-22T05:00:00", "2026-11-23T03:40:00"),
        # Thanksgiving is no trading day, the day after is one.
        ("2026-11-26T05:00:00", "2026-11-27T03:40:00"),
    ],
)
def test_when_profiles_are_made(now: str, due: str) -> None:
    assert next_run(datetime.fromisoformat(now).replace(tzinfo=NEW_YORK)).isoformat()[:19] == due


@pytest.mark.parametrize(("code", "level"), [(0, logging.INFO), (1, logging.WARNING)])
def test_what_the_command_says_is_logged(
    code: int, level: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a time at which profiles are due, and a command that ends so
    monkeypatch.setattr(nightly, "settings", lambda: Settings(market_clock="wall"))
    monkeypatch.setattr(nightly, "next_run", lambda now: now)
    monkeypatch.setattr(nightly, "_INTERVAL", 0.01)
    monkeypatch.setattr(nightly, "COMMAND", [sys.executable, "-c", f"print('of 30 days'); exit({code})"])
    # When it runs
    with caplog.at_level(logging.INFO), nightly_profiles():
        eventually(lambda: caplog.records)
    # Then the log has it
    assert caplog.record_tuples[0][1:] == (level, "volume profiles: of 30 days")
