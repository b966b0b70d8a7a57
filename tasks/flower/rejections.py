"""Counts and logs the events and answers that Flower rejects."""

import logging

from prometheus_client import Counter
from pydantic import ValidationError

from config.log_throttle import LogThrottle
from leaderboard.brief import brief

log = logging.getLogger(__name__)


class Rejections:
    """Counts each rejection, and logs one line a minute: the sender decides how many there are."""

    def __init__(self) -> None:
        self._counter = Counter(
            "flower_refused_total", "Invalid events and answers of workers that Flower rejected"
        )
        self._throttle = LogThrottle()
        self._unlogged = 0

    def add(self, what: str, content: object, reason: str) -> None:
        self._counter.inc()
        self._unlogged += 1
        if self._throttle.allows("rejections"):
            log.warning(
                "rejected %d events or answers; the last: %s: %s: %s", self._unlogged, what, reason, brief(content)
            )
            self._unlogged = 0


def reason(error: ValidationError) -> str:
    """The first field that is invalid, and why."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
