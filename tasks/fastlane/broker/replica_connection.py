"""Connections that are made anew once their server has become a replica."""

from typing import Any

import redis
from redis.exceptions import ResponseError

from leaderboard.connections.redis_errors import is_replica_error


class Connection(redis.Connection):
    """Reconnects after the server has said that it is a replica: its address may lead to the new master.

    Whoever holds the connection reads the replies that are due and returns it to its pool, which closes it.
    Connections by way of Sentinel are closed at once.
    """

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().read_response(*args, **kwargs)
        except ResponseError as error:
            if is_replica_error(error):
                self.mark_for_reconnect()  # type: ignore[no-untyped-call]
            raise


class SSLConnection(Connection, redis.SSLConnection):
    """The same over TLS."""
