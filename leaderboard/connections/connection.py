"""Connections to the Redis that holds the boards."""

from collections.abc import Callable
from typing import Any

from redis import Redis, sentinel
from redis.backoff import EqualJitterBackoff, NoBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, ReadOnlyError, TimeoutError
from redis.retry import Retry

from config.redis_urls import Sentinels
from config.settings import Settings
from leaderboard.connections.command_packer import CommandPacker
from leaderboard.shards import Shards

_Sentinel: Any = sentinel.Sentinel

#: Seconds until an unanswered command fails, so that a half-open connection is noticed.
TIMEOUT = 2.0
#: Seconds until an attempt to connect fails.
CONNECT_TIMEOUT = 1.0


def connect(url: str, master: str | None = None) -> Redis:
    """A client that retries while the server is away for a short time.

    It gives up after a few seconds if the server refuses connections or has become a replica, after about ten if
    it does not answer, and after up to twenty if none of three Sentinels does. Retries are safe: scripts are
    idempotent, and of the other commands the worst result is a dead letter that is kept twice.

    Args:
        url: of the server, or of the Sentinels that watch it (:mod:`config.redis_urls`).
        master: the server's name in the Sentinels.
    """
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        # With redis-py's intervals a subscriber notices a dead connection within a minute.
        "socket_keepalive": True,
        "command_packer": CommandPacker(),
        # No health checks: each attempt would wait for one more answer.
        "retry": _Retry(EqualJitterBackoff(base=0.5, cap=2.0), retries=3),
        # Each retry connects anew: the address of a replica may lead to the master by now.
        "retry_on_error": [BusyLoadingError, ConnectionError, ReadOnlyError, TimeoutError],
    }
    sentinels = Sentinels.parse(url)
    if sentinels is None or master is None:
        return Redis.from_url(url, **options)
    asked: Any = _Sentinel(sentinels.hosts, sentinel_kwargs=sentinels.sentinel_arguments)
    client: Redis = asked.master_for(master, **sentinels.server_arguments, **options)
    return client


class _Retry(Retry):
    """Redis-py's, without retries within a retry.

    A command that has to connect would else make four attempts to connect in each of its four attempts.
    """

    _is_attempting = False

    def call_with_retry(self, do: Callable[[], Any], *args: Any, **options: Any) -> Any:
        def attempt() -> Any:
            self._is_attempting = True
            try:
                return do()
            finally:
                self._is_attempting = False

        return do() if self._is_attempting else super().call_with_retry(attempt, *args, **options)


def connect_shards(settings: Settings, *, retries: bool = True) -> Shards[Redis]:
    """Clients of the servers of the boards.

    Args:
        settings: name the servers.
        retries: whether the client of a single server retries, as :func:`connect` says. Of several none does: what
            the others hold does not wait.
    """
    servers = settings.board_servers
    client = connect if retries and len(servers) == 1 else connect_without_retries
    return Shards([client(server.url, server.master) for server in servers])


def connect_without_retries(url: str, master: str | None = None) -> Redis:
    """A client that fails at once: for callers that have a fallback, or report at once that Redis is away.

    Args:
        url, master: as of :func:`connect`.
    """
    redis = connect(url, master)
    redis.set_retry(Retry(NoBackoff(), 0))
    return redis
