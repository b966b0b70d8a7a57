"""The seconds of a made-up market."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from datetime import time as time_of_day

from leaderboard.sessions import NEW_YORK, Phase, Session, next_trading_day


def simulated(day: date, start: time_of_day) -> Iterator[int]:
    """Every second from `start` to the end of the after-hours session, on `day` and every later trading day.

    Returns:
        Unix milliseconds at which each second starts.
    """
    while True:
        yield from range(_milliseconds(day, start), Session(day, Phase.REGULAR).trading_end, 1000)
        day = next_trading_day(day)


def of_the_clock(clock: Callable[[], float] = time.time) -> Iterator[int]:
    """The seconds of real time. Those that have passed when the next is requested are skipped.

    Args:
        clock: Unix time in seconds.
    """
    second = int(clock())
    while True:
        yield second * 1000
        second = max(second + 1, int(clock()))


def _milliseconds(day: date, moment: time_of_day) -> int:
    return int(datetime.combine(day, moment, NEW_YORK).timestamp()) * 1000
