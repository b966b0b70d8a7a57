"""The feed ``alerts``: each alert as it fires."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import islice

from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.publication import Publication
from watch.gateway.fanout.text_frame import TextFrame
from watch.gateway.limits import WAITING_ALERTS
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

# Seconds until a failed attempt to read alerts is retried.
_RETRY = 0.5


class LiveAlerts:
    """Forwards alerts to the clients that are subscribed to them. Without any it does nothing.

    They come from the stream; a publication on the channel only says that there are new ones. So none is missed
    while the connection to Redis is lost. Unlike boards they are not conflated: a client that is slow is sent all
    that it lacks when it has caught up.

    Args:
        alerts: those that fired.
        supervisor: runs the background work.
    """

    def __init__(self, alerts: AlertLog, supervisor: Supervisor) -> None:
        self._alerts = alerts
        self._supervisor = supervisor
        self._report = partial(supervisor.report, "alerts")
        self._woken = asyncio.Event()
        self._throttle = LogThrottle()
        # The entry of the stream up to which alerts were forwarded; None: not known.
        self._position: str | None = None
        # The newest, and how many there were since the start.
        self._recent: deque[Publication] = deque(maxlen=WAITING_ALERTS)
        self._number = 0
        # By client, the number of the last one that it has.
        self._has: dict[Client, int] = {}

    # --- clients

    async def begin(self) -> None:
        """Know the newest alert before a client joins, so that it is sent all later ones, and no older one.

        While Redis is away that is not known; then the client is sent those that fire once it is back.

        Raises:
            InvalidValueError: the key of the stream holds something else.
        """
        if not self._has:
            self._position = None
        with suppress(RedisError):
            await self._alerts.caught_up()
            # To those that are subscribed already, if any.
            self._forward()

    def join(self, client: Client) -> None:
        """Send a client each alert from now on. Call :meth:`begin` before."""
        self._has.setdefault(client, self._number)

    def leave(self, client: Client) -> None:
        """Stop sending them."""
        self._has.pop(client, None)
        if not self._has:
            self._recent.clear()

    # --- alerts

    def wake(self) -> None:
        """There may be new alerts."""
        self._woken.set()

    async def run(self) -> None:
        """Forward alerts until cancelled."""
        await self._supervisor.keep("alerts", self._run)

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self.forward_new()
            except (RedisError, InvalidValueError) as error:
                if self._throttle.allows("alerts"):
                    log.warning("alerts cannot be read, trying again: %s", error)
                await asyncio.sleep(_RETRY)
                self._woken.set()

    async def forward_new(self) -> None:
        """Forward what has fired since the last time.

        Raises:
            InvalidValueError: the key of the stream holds something else.
            RedisError: Redis refuses, or does not answer.
        """
        if self._has:
            await self._alerts.caught_up()
            self._forward()

    def _forward(self) -> None:
        new = self._alerts.after(self._position) if self._position is not None else []
        self._position = self._alerts.last
        self._number += len(new)
        self._recent.extend(Publication(keys.ALERTS_CHANNEL, entry.published, self._report) for entry in new)
        if new:
            for client in self._has:
                client.forward(keys.ALERTS_CHANNEL, self)

    def frames_for(self, client: Client) -> Sequence[TextFrame]:
        """The alerts that a client lacks; of very many, the newest."""
        has = self._has.get(client)
        if has is None:
            return ()
        self._has[client] = self._number
        lacks = min(self._number - has, len(self._recent))
        publications = islice(self._recent, len(self._recent) - lacks, None)
        return [frame for publication in publications for frame in publication.frames_for(client)]
