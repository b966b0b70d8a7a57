"""How the project's processes connect to the Redis that holds the boards."""

from collections.abc import Callable
from typing import Any

from redis import Redis, sentinel
from redis.backoff import EqualJitterBackoff, NoBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, ReadOnlyError, TimeoutError
from redis.retry import Retry

from config.redis_urls import Sentinels

_Sentinel: Any = sentinel.Sentinel

#: Seconds until a command that nobody answers fails, so that a half-open connection is noticed.
TIMEOUT = 2.0
#: Seconds to wait for a connection.
CONNECT_TIMEOUT = 1.0


def connect(url: str, master: str | None = None) -> Redis:
    """A client that rides out a short absence of the server.

    It tries again for a few seconds where the server refuses connections or has become a replica, for some ten
    where it does not answer, for up to twenty where none of three Sentinels does, then raises. Trying again is
    safe: every script gives the same result however often it runs, and of the other commands the worst is a dead
    letter kept twice.

    Args:
        url: of the server, or of the Sentinels that watch it (:mod:`config.redis_urls`).
        master: what they call it.
    """
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        # By redis-py's own intervals: one that waits for what is published is known to be gone within a minute.
        "socket_keepalive": True,
        # No checks of the connection's health besides: each attempt would wait for one more answer.
        "retry": _Retry(EqualJitterBackoff(base=0.5, cap=2.0), retries=3),
        # By a new connection each time: a replica's address may lead to the master by now.
        "retry_on_error": [BusyLoadingError, ConnectionError, ReadOnlyError, TimeoutError],
    }
    sentinels = Sentinels.parse(url)
    if sentinels is None or master is None:
        return Redis.from_url(url, **options)
    asked: Any = _Sentinel(sentinels.hosts, sentinel_kwargs=sentinels.asking)
    client: Redis = asked.master_for(master, **sentinels.login, **options)
    return client


class _Retry(Retry):
    """Redis-py's, of one connection, which does not try again within an attempt.

    A command that connects anew would else try that four times, in each of its four attempts.
    """

    _tries = False

    def call_with_retry(self, do: Callable[[], Any], *args: Any, **options: Any) -> Any:
        def attempt() -> Any:
            self._tries = True
            try:
                return do()
            finally:
                self._tries = False

        return do() if self._tries else super().call_with_retry(attempt, *args, **options)


def impatient(url: str, master: str | None = None) -> Redis:
    """A client that does not try again: for who has something else to go by, or says at once that Redis is away.

    Args:
        url, master: as of :func:`connect`.
    """
    redis = connect(url, master)
    redis.set_retry(Retry(NoBackoff(), 0))
    return redis
