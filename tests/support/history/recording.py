"""Waits for a recorder."""

from typing import Any

from leaderboard import keys
from tests.support.waiting import eventually


def await_recording(redis: Any) -> None:
    """Wait until a recorder records the tape of a Redis."""
    eventually(lambda: redis.exists(keys.RECORDING), what="the recorder records")


def await_stored(redis: Any, seconds: float = 60.0) -> None:
    """Wait until the tape is trimmed up to its newest entry, so all is stored."""
    eventually(lambda: redis.xlen(keys.TAPE) <= 1, seconds, "all is stored")
