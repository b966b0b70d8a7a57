"""A board or screen for all clients that follow it by its changes."""

from collections.abc import Collection

from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.deltas.board_changes import Rows, encode_rows, parse_rows
from watch.gateway.fanout.deltas.delta_feed import DeltaFeed
from watch.gateway.fanout.deltas.projection import Projection


class FollowedBoard:
    """The publications of one channel, parsed once, and a feed of deltas for each projection that clients follow.

    Args:
        channel: that the board is published on.
        counters: over all clients.
    """

    def __init__(self, channel: str, counters: Counters) -> None:
        self._channel = channel
        self._counters = counters
        self._feeds: dict[Projection, DeltaFeed] = {}
        self._projections: dict[Client, Projection] = {}
        self._published = b""
        # None: what was published last is not known, or is no board.
        self._rows: Rows | None = None

    # --- clients

    def join(self, client: Client, projection: Projection) -> None:
        """Take in a client, which is sent nothing before it is started (:meth:`DeltaFeed.start`)."""
        if self._projections.get(client) != projection:
            self.leave(client)
        self._projections[client] = projection
        if projection not in self._feeds:
            feed = self._feeds[projection] = DeltaFeed(self._channel, self._counters)
            self._publish_to(feed, projection)
        self._feeds[projection].join(client)

    def leave(self, client: Client) -> None:
        projection = self._projections.pop(client, None)
        if projection is None:
            return
        feed = self._feeds[projection]
        feed.leave(client)
        if feed.is_unused:
            del self._feeds[projection]

    @property
    def clients(self) -> Collection[Client]:
        """Those that have joined."""
        return self._projections.keys()

    def feed_of(self, client: Client) -> DeltaFeed:
        """The feed that a client has joined."""
        return self._feeds[self._projections[client]]

    def followed_alone(self, client: Client) -> Projection | None:
        """The projection that a client follows; None: it follows none, or others follow the same."""
        projection = self._projections.get(client)
        return projection if projection and self._feeds[projection].has_only(client) else None

    @property
    def feeds(self) -> Collection[DeltaFeed]:
        """One for each projection."""
        return self._feeds.values()

    @property
    def projections(self) -> Collection[Projection]:
        """Those that clients follow."""
        return self._feeds.keys()

    @property
    def is_unused(self) -> bool:
        return not self._projections

    # --- the board

    @property
    def is_known(self) -> bool:
        """Whether it is known what was published last."""
        return self._rows is not None

    def publish(self, published: bytes) -> None:
        """Take the next publication.

        Raises:
            InvalidValueError: it is no board. Clients are sent the whole of the next one that is.
        """
        before, self._rows = self._rows, None
        try:
            is_same = before is not None and published == self._published
            self._rows = before if is_same else parse_rows(self._channel, published)
            self._published = published
        finally:
            for projection, feed in self._feeds.items():
                self._publish_to(feed, projection)

    def restart(self, published: bytes) -> None:
        """Take what Redis holds after publications may have been missed. Clients are sent the whole.

        Raises:
            InvalidValueError: see :meth:`publish`.
        """
        self._rows = None
        for feed in self._feeds.values():
            feed.forget()
        self.publish(published)

    def _publish_to(self, feed: DeltaFeed, projection: Projection) -> None:
        if self._rows is None:
            feed.forget()
        elif projection.is_whole:
            feed.publish(self._rows, self._published)
        else:
            rows = projection.of(self._rows)
            feed.publish(rows, encode_rows(rows))
