"""Command-line options that the feeds share."""

import math
from datetime import time

from typer import BadParameter

from leaderboard.sessions import DAY_START

#: The end of the post-market, in New York.
DAY_END = time(20, 0)


def speed(value: str) -> float:
    """Parse a speed: ``max``, which gives infinity, or how many times real time."""
    if value == "max":
        return math.inf
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise BadParameter(f"{value!r} is neither 'max' nor a number above 0")
    return number


def time_of_day(value: str) -> time:
    """Parse ``HH:MM``, in New York and within a trading day."""
    try:
        hour, minute = value.split(":")
        moment = time(int(hour), int(minute))
    except ValueError:
        raise BadParameter(f"{value!r} is no time of day as HH:MM") from None
    if not DAY_START <= moment < DAY_END:
        raise BadParameter(f"{value} is not between {DAY_START:%H:%M} and {DAY_END:%H:%M}, when the market trades")
    return moment
