"""How the project's processes connect to the Redis that holds the boards."""

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError
from redis.retry import Retry

#: Seconds until a command that nobody answers fails, so that a half-open connection is noticed.
TIMEOUT = 5.0


def connect(url: str) -> Redis:
    """A client that rides out a restart of the server: it tries again for about five seconds, then raises.

    Trying again is safe: all scripts give the same result however often they run.
    """
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        socket_keepalive=True,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), retries=9),
        retry_on_error=[BusyLoadingError, ConnectionError, TimeoutError],
    )
