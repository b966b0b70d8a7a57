"""The log of rejected events."""

import logging

import pytest

from config.log_throttle import INTERVAL
from tasks.flower.rejections import Rejections


def test_rejections_are_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # When a thousand events are rejected within a minute, and one more after it
    now = 100.0
    monkeypatch.setattr("config.log_throttle.monotonic", lambda: now)
    rejections = Rejections()
    for _ in range(1000):
        rejections.add("an event", {"freq": "\n2026 forged line"}, "freq: no number")
    now += INTERVAL
    rejections.add("an event", 17, "it is none")
    # Then two lines tell their number
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "rejected 1 events or answers" in caplog.messages[0]
    assert "rejected 1000 events or answers" in caplog.messages[1]
    assert "\n" not in caplog.messages[0]
