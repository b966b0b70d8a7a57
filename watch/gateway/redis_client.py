"""The gateway's asynchronous client of the boards' Redis."""

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, sentinel

from config.redis_urls import Sentinels, Server
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


def connect(server: Server) -> Redis:
    """A client for all requests to a server. A request waits while all its connections are in use."""
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
    sentinels = Sentinels.parse(server.url)
    if sentinels is None or server.master is None:
        return Redis.from_pool(BlockingConnectionPool.from_url(server.url, **options))
    asked = _Sentinel(sentinels.hosts, sentinel_kwargs=sentinels.sentinel_arguments)
    client: Redis = asked.master_for(
        server.master, connection_pool_class=_SentinelPool, **sentinels.server_arguments, **options
    )
    return client
