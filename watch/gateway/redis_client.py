"""The gateway's asynchronous client of the boards' Redis."""

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, sentinel

from config.redis_urls import Sentinels
from config.settings import Settings
from leaderboard.connections.connection import CONNECT_TIMEOUT, TIMEOUT

_Sentinel: Any = sentinel.Sentinel

#: Connections at most.
CONNECTIONS = 20


class _SentinelPool(BlockingConnectionPool, sentinel.SentinelConnectionPool):
    """A pool of connections to the server that Sentinels name."""

    def __init__(self, service_name: str, sentinel_manager: Any, *, ssl: bool, **options: Any) -> None:
        super().__init__(
            service_name=service_name,
            sentinel_manager=sentinel_manager,
            connection_class=(
                sentinel.SentinelManagedSSLConnection if ssl else sentinel.SentinelManagedConnection
            ),
            **options,
        )


def connect(settings: Settings) -> Redis:
    """A client for all requests. A request waits while all its connections are in use."""
    options: dict[str, Any] = {
        "max_connections": CONNECTIONS,
        "timeout": TIMEOUT,
        # The version whose publications :class:`ChannelSubscription` reads.
        "protocol": 2,
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
    sentinels = Sentinels.parse(settings.redis_url)
    if sentinels is None or settings.redis_master is None:
        return Redis.from_pool(BlockingConnectionPool.from_url(settings.redis_url, **options))
    asked = _Sentinel(sentinels.hosts, sentinel_kwargs=sentinels.sentinel_arguments)
    client: Redis = asked.master_for(
        settings.redis_master, connection_pool_class=_SentinelPool, **sentinels.server_arguments, **options
    )
    return client
