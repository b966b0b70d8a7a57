"""Reads the alerts that have fired, from their stream."""

from typing import cast

from redis import Redis

from leaderboard import keys
from leaderboard.alerts.alert import Alert
from leaderboard.alerts.stream import RawEntry, entries_of

# Alerts that are read at once; of more that came together only the newest are shown.
_MOST = 100


class NewAlerts:
    """Reads each alert once.

    Args:
        redis: the Redis of the boards; its replies are bytes.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._since = b"-"

    def read(self) -> list[Alert]:
        """The alerts that have fired since the last call, the newest first; at the first call, the last ones.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refuses.
        """
        raw = cast(list[RawEntry], self._redis.xrevrange(keys.ALERTS, min=self._since, count=_MOST))
        if raw:
            # A round bracket leaves out the entry itself.
            self._since = b"(" + raw[0][0]
        return [entry.alert for entry in entries_of(raw)]
