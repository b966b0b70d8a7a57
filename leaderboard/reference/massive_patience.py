"""How calls to the Massive REST API are spaced, and what is done about those that fail."""

import json
import logging
import random
import threading
import time
from types import TracebackType
from typing import Any, Self

from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

from leaderboard.event import brief
from leaderboard.reference.source import SourceError, SourceRefusedError

#: How often a call that failed is made again.
RETRIES = 3
#: Seconds before the first of them, at most; twice as many before the next.
FIRST_WAIT = 1.0
#: Seconds that a ``Retry-After`` is waited for, at most.
LONGEST_WAIT = 30

_KEY_REFUSED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_PASSING = frozenset({408, _TOO_MANY, *range(500, 600)})

log = logging.getLogger(__name__)


class NotInPlanError(SourceError):
    """The key is a good one, and its plan does not hold what was asked for."""


class Pace:
    """Lets calls of several threads through one by one, evenly spaced.

    Args:
        per_second: the most calls a second.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the next call's turn."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._interval
        time.sleep(max(0.0, turn - time.monotonic()))

    def hold(self, seconds: float) -> None:
        """Let no call through for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Patience(Retry):
    """urllib3's retries, for calls that keep a :class:`Pace`.

    Timeouts, broken connections, 408, 429 and 5xx are tried again, with waits that double and vary at random, so
    that processes that failed together do not come back together; ``Retry-After`` is honoured, and after a 429 by
    all calls of the process. Redirects are not followed: the key is for one host.

    Raises:
        SourceRefusedError: at once, where the key is refused.
        NotInPlanError: at once, where its plan does not hold what was asked for.
    """

    def __init__(self, *args: Any, pace: Pace, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pace = pace

    @classmethod
    def at(cls, pace: Pace) -> Self:
        """As calls are made here."""
        return cls(
            RETRIES,
            redirect=0,
            status_forcelist=_PASSING | {_KEY_REFUSED, _FORBIDDEN},
            retry_after_max=LONGEST_WAIT,
            pace=pace,
        )

    def new(self, **changes: Any) -> Self:
        return super().new(pace=self._pace, **changes)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if response is not None and response.status in (_KEY_REFUSED, _FORBIDDEN):
            raise _refusal(response)
        left = super().increment(method, url, response, error, _pool, _stacktrace)
        problem = error or (response and f"status {response.status}")
        log.warning("%s is asked again: %s", (url or "").partition("?")[0], problem)
        return left

    def get_backoff_time(self) -> float:
        longest: float = FIRST_WAIT * 2 ** (len(self.history) - 1)
        return longest * random.uniform(0.5, 1)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            # The service is in trouble all the same.
            return None

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        asked = self.get_retry_after(response) if response else None
        seconds = asked or self.get_backoff_time()
        if response and response.status == _TOO_MANY:
            self._pace.hold(seconds)
        else:
            time.sleep(seconds)
        self._pace.wait()


def _refusal(response: BaseHTTPResponse) -> SourceError:
    text = response.data.decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    said = body if isinstance(body, dict) else {}
    reason = str(said.get("error") or said.get("message") or brief(text))
    if response.status == _FORBIDDEN and said.get("status") == "NOT_AUTHORIZED":
        return NotInPlanError(reason)
    return SourceRefusedError(f"status {response.status}: {reason}")
