"""Keeps what clients do from filling the log."""

import asyncio
import logging
from collections import Counter

from config.log_throttle import LogThrottle
from watch.gateway.connections import client_connection

# Loggers whose lines clients can cause.
_LOGGERS = ("uvicorn.error", "asyncio", client_connection.__name__)


class ClientLogFilter(logging.Filter):
    """Lets through one line a minute from each place in the code, with the number of lines left out since.

    Requests that the end of the gateway cuts off are no errors: the server says before how many there are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._throttle = LogThrottle()
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[0] if record.exc_info else None
        if error is asyncio.CancelledError:
            return False
        place = f"{record.pathname}:{record.lineno} {error}"
        if not self._throttle.allows(place):
            self._left_out[place] += 1
            return False
        if left_out := self._left_out.pop(place, 0):
            record.msg, record.args = f"{record.getMessage()} ({left_out} more since the last such line)", ()
        return True


def filter_client_logs() -> None:
    """Limit what is logged about clients, in the whole process."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(ClientLogFilter())
