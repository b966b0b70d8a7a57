"""Keeps what clients do from filling the log."""

import logging
import time

#: Loggers that tell of what a client sent.
TOLD_BY_CLIENTS = ("uvicorn.error", "asyncio", "watch.gateway.connections.client_connection")
#: Seconds between two lines from the same place about the same error.
QUIET = 60.0


class LogLimit(logging.Filter):
    """Lets through a line from each place in the code once a minute, with the number of those left out since."""

    def __init__(self) -> None:
        super().__init__()
        # When a line was let through, and how many were not since.
        self._places: dict[tuple[str, int, type[BaseException] | None], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0] if record.exc_info else None
        place = record.pathname, record.lineno, error
        now = time.monotonic()
        at, left_out = self._places.get(place, (float("-inf"), 0))
        if now - at < QUIET:
            self._places[place] = at, left_out + 1
            return False
        self._places[place] = now, 0
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more since the last such line)", ()
        return True


def limit_logs() -> None:
    """Limit what is logged about clients, in the whole process."""
    for name in TOLD_BY_CLIENTS:
        logging.getLogger(name).addFilter(LogLimit())
