"""Which failed calls to the Massive REST API are retried, and when."""

import json
import logging
import random
import time
from types import TracebackType
from typing import Any, Self

from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

from leaderboard.brief import brief
from leaderboard.reference.massive.rate_limit import RateLimit
from leaderboard.reference.source import SourceError, SourceRefusedError

#: How often a failed call is retried.
RETRIES = 3
#: Seconds before the first retry, at most; twice as many before each next one.
FIRST_BACKOFF = 1.0
#: Seconds that a ``Retry-After`` is waited for, at most.
MAX_RETRY_AFTER = 30

_KEY_REFUSED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_TRANSIENT = frozenset({408, _TOO_MANY, *range(500, 600)})

log = logging.getLogger(__name__)


class NotInPlanError(SourceError):
    """The key is valid, and its plan does not include what was asked for."""


class Retries(Retry):
    """urllib3's retries, within a :class:`RateLimit`.

    Timeouts, broken connections, 408, 429 and 5xx are retried with exponential backoff and jitter, so that
    processes that failed together do not retry together. ``Retry-After`` is honoured; after a 429 all calls of the
    process wait for it. Redirects are not followed: the key is for one host.

    Raises:
        SourceRefusedError: at once, when the key is refused.
        NotInPlanError: at once, when its plan does not include what was asked for.
    """

    def __init__(self, *args: Any, rate_limit: RateLimit, **options: Any) -> None:
        super().__init__(*args, **options)
        self._rate_limit = rate_limit

    @classmethod
    def within(cls, rate_limit: RateLimit) -> Self:
        """With the project's limits."""
        return cls(
            RETRIES,
            redirect=0,
            status_forcelist=_TRANSIENT | {_KEY_REFUSED, _FORBIDDEN},
            retry_after_max=MAX_RETRY_AFTER,
            rate_limit=rate_limit,
        )

    def new(self, **changes: Any) -> Self:
        return super().new(rate_limit=self._rate_limit, **changes)

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
        longest: float = FIRST_BACKOFF * 2 ** (len(self.history) - 1)
        return longest * random.uniform(0.5, 1)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            # Retry by our own backoff then.
            return None

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        retry_after = self.get_retry_after(response) if response else None
        seconds = retry_after or self.get_backoff_time()
        if response and response.status == _TOO_MANY:
            self._rate_limit.hold(seconds)
        else:
            time.sleep(seconds)
        self._rate_limit.wait()


def _refusal(response: BaseHTTPResponse) -> SourceError:
    text = response.data.decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    fields = body if isinstance(body, dict) else {}
    reason = str(fields.get("error") or fields.get("message") or brief(text))
    if response.status == _FORBIDDEN and fields.get("status") == "NOT_AUTHORIZED":
        return NotInPlanError(reason)
    return SourceRefusedError(f"status {response.status}: {reason}")
