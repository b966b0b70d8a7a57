"""On the path of Python processes whose clock libfaketime moves.

Where the monotonic clock is to stay true, its version 0.9.10 has every ``clock_nanosleep`` until an instant fail,
and this is how Python sleeps.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
