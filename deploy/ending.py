"""Lets a program stop the processes that it started, also on SIGTERM."""

import signal
from types import FrameType


def end_as_by_ctrl_c() -> None:
    """Turn SIGTERM into :class:`KeyboardInterrupt`, so that `finally` blocks stop the started processes."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Ignore further signals: they would interrupt the cleanup.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
