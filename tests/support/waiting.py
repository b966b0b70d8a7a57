"""Waits for conditions."""

import time
from collections.abc import Callable


def eventually(condition: Callable[[], object], seconds: float = 60.0, what: str = "") -> None:
    """Wait until `condition` is true.

    Raises:
        AssertionError: it did not become true in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.02)
