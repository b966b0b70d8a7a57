"""Forwards what Redis publishes to the clients that are subscribed to it."""

import asyncio
import logging
import time
from collections.abc import Collection
from functools import partial
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.connections import redis_values
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.shards import Shards
from watch.gateway.alerts.live_alerts import LiveAlerts
from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.deltas.followed_board import FollowedBoard
from watch.gateway.fanout.deltas.projection import Projection
from watch.gateway.fanout.feed import Feed, FeedError, may_be_scanner
from watch.gateway.fanout.publication import Publication
from watch.gateway.fanout.redis_subscribers import RedisSubscribers
from watch.gateway.fanout.send_queue import SendQueue
from watch.gateway.fanout.subscriptions import Subscriptions
from watch.gateway.fanout.text_frame import is_utf8
from watch.gateway.history.live_candles import LiveCandles
from watch.gateway.limits import PROJECTIONS, STALL_DEADLINE
from watch.gateway.screens import PublishedScreens
from watch.gateway.supervisor import Supervisor

log = logging.getLogger(__name__)

# Seconds between two checks for stalled clients.
_CHECK = 1.0
# Keys that are read with one command.
_BATCH = 500


class Broadcaster:
    """All clients of the process, over its one subscription to Redis.

    A client gets each publication once, even if several of its feeds name the channel. If it follows the channel
    by deltas, it gets the delta alone.

    Args:
        shards: the servers of the boards.
        screens: those that are published.
        supervisor: runs the background work.
        alerts: forwards alerts.
        candles: makes the feeds of live candles; None: no history is recorded here.

    Attributes:
        alerts: as given.
        clients: those that are connected.
        counters: of this gateway.
        send_queue: of all clients.
        subscriber: the subscriptions.
    """

    def __init__(
        self,
        shards: Shards[Redis],
        screens: PublishedScreens,
        supervisor: Supervisor,
        alerts: LiveAlerts,
        candles: LiveCandles | None = None,
    ) -> None:
        self._shards = shards
        self.alerts = alerts
        self._candles = candles
        self._screens = screens
        self._supervisor = supervisor
        self._subscriptions: Subscriptions[Client] = Subscriptions(screens.scanners)
        # By channel, the boards that some clients follow by deltas.
        self._followed: dict[str, FollowedBoard] = {}
        # Those that are being read from Redis.
        self._reads: dict[FollowedBoard, asyncio.Task[None]] = {}
        self._report = partial(supervisor.report, "publications")
        # By the index of a server whose stored values are being read, the channels published on meanwhile.
        self._published: dict[int, set[str]] = {}
        self.clients: set[Client] = set()
        self.counters = Counters()
        self.send_queue = SendQueue()
        self.subscriber = RedisSubscribers(
            shards, self._on_publication, self.send_queue.hold, self._send_stored, supervisor
        )
        screens.on_change = self._on_screens

    # --- subscriptions

    def subscribe(self, client: Client, feed: Feed) -> None:
        """Forward a feed to a client, at the latest when the next :meth:`settle` returns.

        Raises:
            FeedError: the client, or all together, would have too many feeds, or there is no history for candles.
        """
        if feed.candles and self._candles is None:
            raise FeedError("no history is recorded here, so there are no candles")
        self._subscriptions.add(client, feed)
        if feed.candles and self._candles:
            self._candles.join(client, feed.candles)
        if feed.is_alerts:
            self.alerts.join(client)
        self._leave_deltas(client, feed.name)
        self._update_subscriber()

    def follow(self, client: Client, feed: Feed, projection: Projection) -> None:
        """Prepare to send a client the changes of a board or screen; see :meth:`start_deltas`.

        Raises:
            FeedError: the feed is none of these, the client would have too many feeds, or all together too many
                projections.
        """
        if feed.is_pattern or not may_be_scanner(feed.name):
            raise FeedError(f"{feed.name!r} has no deltas: boards and screens have, each by its name")
        self._check_projections(client, feed.name, projection)
        self._subscriptions.add(client, feed)
        if feed.name not in self._followed:
            self._followed[feed.name] = FollowedBoard(feed.name, self.counters)
        self._followed[feed.name].join(client, projection)
        self._update_subscriber()

    def _check_projections(self, client: Client, channel: str, projection: Projection) -> None:
        board = self._followed.get(channel)
        if projection.is_whole or (board and projection in board.projections):
            return
        count = sum(not each.is_whole for followed in self._followed.values() for each in followed.projections)
        # The client's choice takes the place of the one that it has now.
        if board and (replaced := board.followed_alone(client)) and not replaced.is_whole:
            count -= 1
        if count >= PROJECTIONS:
            raise FeedError(
                f"all clients together follow {PROJECTIONS} choices of fields and rows, the most that there can "
                "be: try without them"
            )

    async def start_deltas(self, client: Client, channel: str) -> int:
        """Send a client that follows a board the whole of it, and from now on deltas. Returns the bytes of it all.

        If Redis does not answer, or holds no board, the client is sent the next publication.
        """
        board = self._followed.get(channel)
        if board and not board.is_known:
            await self._read_once(channel, board)
        if board is None or client not in board.clients:
            # The client has been dropped meanwhile.
            return 0
        deltas = board.feed_of(client)
        deltas.start(client)
        client.forward(channel, deltas)
        return deltas.size

    async def _read_once(self, channel: str, board: FollowedBoard) -> None:
        """Read a board from Redis, once for all clients that wait for it: thousands may come back at once."""
        if board not in self._reads:
            reading = asyncio.create_task(self._read_board(channel, board))
            self._reads[board] = reading
            reading.add_done_callback(lambda _: self._reads.pop(board))
        # Of the clients that wait, some may leave.
        await asyncio.shield(self._reads[board])

    async def _read_board(self, channel: str, board: FollowedBoard) -> None:
        try:
            published = await redis_values.read_json(self._shards.first, channel)
            # A publication that came meanwhile may be newer.
            if not board.is_known:
                board.publish(published or b"[]")
        except RedisError as error:
            log.warning(
                "%s cannot be read; clients that follow it wait for its next publication: %s", channel, error
            )
        except InvalidValueError as error:
            self._report(error)

    def is_subscribed(self, client: Client, name: str) -> bool:
        """Whether a client is subscribed to the feed of that name."""
        return self._subscriptions.has(client, name)

    def unsubscribe(self, client: Client, name: str) -> None:
        """Stop forwarding the feed of that name."""
        self._subscriptions.remove(client, name)
        if self._candles:
            self._candles.leave(client, Feed(name).candles)
        if name == keys.ALERTS_CHANNEL:
            self.alerts.leave(client)
        self._leave_deltas(client, name)
        self._update_subscriber()

    async def settle(self) -> None:
        """Return when Redis has confirmed all subscriptions, or is away."""
        await self.subscriber.settle()

    async def remove(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)
        self._subscriptions.remove_all(client)
        if self._candles:
            self._candles.leave_all(client)
        self.alerts.leave(client)
        for channel in list(self._followed):
            self._leave_deltas(client, channel)
        self._update_subscriber()
        await self.settle()

    def _leave_deltas(self, client: Client, channel: str) -> None:
        if board := self._followed.get(channel):
            board.leave(client)
            if board.is_unused:
                del self._followed[channel]

    async def _on_screens(self) -> None:
        self._subscriptions.set_scanners(self._screens.scanners)
        self._update_subscriber()
        await self.settle()

    def _update_subscriber(self) -> None:
        subscriptions = self._subscriptions
        for channel in subscriptions.removed:
            self.subscriber.remove(channel)
        subscriptions.removed.clear()
        for channel in subscriptions.added:
            self.subscriber.add(channel)
        subscriptions.added.clear()
        self.subscriber.set_all_quotes(subscriptions.has_patterns)

    # --- publications

    def _on_publication(self, channel: bytes, payload: bytes) -> None:
        name = channel.decode(errors="replace")
        if name == keys.ALERTS_CHANNEL:
            self.alerts.wake()
            return
        for published in self._published.values():
            published.add(name)
        self._forward(name, payload)

    def _forward(self, channel: str, payload: bytes, *, is_stored: bool = False) -> None:
        audience: Collection[Client] = self._subscriptions.audience(channel)
        if board := self._followed.get(channel):
            self._forward_deltas(channel, board, payload, is_stored)
            audience = [client for client in audience if client not in board.clients]
        if not audience:
            return
        if not is_utf8(payload):
            self._report(InvalidValueError(channel, "text"))
            return
        publication = Publication(channel, payload, self._report)
        for client in audience:
            client.forward(channel, publication)

    def _forward_deltas(self, channel: str, board: FollowedBoard, payload: bytes, is_stored: bool) -> None:
        try:
            board.restart(payload) if is_stored else board.publish(payload)
        except InvalidValueError as error:
            self._report(error)
            return
        for deltas in board.feeds:
            for client in deltas.followers:
                client.forward(channel, deltas)

    async def _send_stored(self, server: int) -> None:
        """Send the values that a server stores, as publications may have been missed."""
        self.alerts.wake()
        published = self._published[server] = set()
        try:
            every = [
                channel
                for channel in self._subscriptions.channels()
                if channel != keys.ALERTS_CHANNEL and self.subscriber.server_of(channel) == server
            ]
            for start in range(0, len(every), _BATCH):
                channels = every[start : start + _BATCH]
                values = cast(list[bytes | None], await self._shards[server].mget(channels))
                for channel, value in zip(channels, values, strict=True):
                    # A publication that came meanwhile may be newer than what was read.
                    if value is not None and channel not in published:
                        self._forward(channel, value, is_stored=True)
        finally:
            del self._published[server]

    # --- in the background

    async def run(self) -> None:
        """Listen, and drop stalled clients, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.subscriber.run())
            tasks.create_task(self.alerts.run())
            tasks.create_task(self._supervisor.every(_CHECK, "the check of clients", self._drop_stalled))

    async def _drop_stalled(self) -> None:
        now = time.monotonic()
        for client in [each for each in self.clients if each.is_stalled(now, STALL_DEADLINE)]:
            client.drop()
            await self.remove(client)
