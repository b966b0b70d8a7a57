"""Arguments that commands share."""

from datetime import date, time

from typer import BadParameter

from history.queries.moments import parse_day, parse_moment


def day(value: str) -> date:
    """Parse ``YYYY-MM-DD``."""
    try:
        return parse_day(value)
    except ValueError as error:
        raise BadParameter(f"{value!r}: {error}") from None


def moment(value: str) -> int:
    """Parse ISO time, in New York where it names no offset; Unix milliseconds."""
    try:
        return parse_moment(value)
    except ValueError as error:
        raise BadParameter(f"{value!r}: {error}") from None


def time_of_day(value: str) -> time:
    """Parse ``HH:MM`` or ``HH:MM:SS``, in New York."""
    try:
        parsed = time.fromisoformat(value)
    except ValueError:
        parsed = None
    # An offset would name another time than New York's.
    if parsed is None or parsed.tzinfo:
        raise BadParameter(f"{value!r} is no time of day as HH:MM or HH:MM:SS")
    return parsed
