"""How a program that starts others ends them, however it is told to end."""

import signal
from types import FrameType


def end_as_by_ctrl_c() -> None:
    """Have SIGTERM raise :class:`KeyboardInterrupt`, so that what was started is stopped on the way out."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Once: another would interrupt what the first has begun.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
