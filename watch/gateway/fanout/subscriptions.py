"""Who is subscribed to what: which clients a publication is for, and which channels somebody wants."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from leaderboard import keys
from watch.gateway.fanout.feed import Feed, FeedError, symbol_of
from watch.gateway.limits import (
    CHANNELS,
    FEEDS_PER_CLIENT,
    FEW_FEEDS,
    PATTERNS,
    PATTERNS_PER_CLIENT,
)

#: The one pattern that everybody can always subscribe to.
ALL_QUOTES = keys.quote("*")

# Channels whose patterns are remembered; more than there are symbols.
_REMEMBERED = 50_000


class Subscriber(Protocol):
    """Who can subscribe.

    Attributes:
        feeds: what it is subscribed to, by name.
        patterns: how many of them are patterns of quotes.
    """

    feeds: dict[str, Feed]
    patterns: int


S = TypeVar("S", bound=Subscriber)


@dataclass(eq=False)
class _Pattern(Generic[S]):
    """A pattern of quotes that somebody is subscribed to. Later ones have greater serial numbers."""

    feed: Feed
    serial: int
    clients: set[S] = field(default_factory=set)


@dataclass(eq=False)
class _Matching(Generic[S]):
    """The patterns that match a channel, among those up to a serial number."""

    seen: int = 0
    patterns: list[_Pattern[S]] = field(default_factory=list)


class Subscriptions(Generic[S]):
    """The feeds of all clients.

    To subscribe costs what the feed names, however much others are subscribed to. A pattern is matched once
    against each channel, when something is first published there.

    Attributes:
        added: channels of boards and single symbols that are wanted since this was last emptied.
        removed: those that are not wanted any more.
    """

    def __init__(self) -> None:
        # How many of a client's feeds name the channel, patterns of quotes aside.
        self._by_channel: dict[str, dict[S, int]] = {}
        self._patterns: dict[str, _Pattern[S]] = {}
        self._serial = 0
        self._matching: dict[str, _Matching[S]] = {}
        self.added: list[str] = []
        self.removed: list[str] = []

    @property
    def has_patterns(self) -> bool:
        """Whether somebody is subscribed to a pattern of quotes."""
        return bool(self._patterns)

    def channels(self) -> list[str]:
        """The boards and single symbols that somebody is subscribed to."""
        return list(self._by_channel)

    # --- subscribing

    def add(self, client: S, feed: Feed) -> None:
        """Subscribe a client.

        Raises:
            FeedError: it would be too many, for the client or in all.
        """
        if feed.name in client.feeds:
            return
        self._check(client, feed)
        client.feeds[feed.name] = feed
        if feed.is_quotes:
            self._add_pattern(client, feed)
        for channel in feed.channels:
            clients = self._by_channel.get(channel)
            if clients is None:
                clients = self._by_channel[channel] = {}
                self.added.append(channel)
            clients[client] = clients.get(client, 0) + 1

    def remove(self, client: S, name: str) -> None:
        """End a client's subscription."""
        feed = client.feeds.pop(name, None)
        if feed is None:
            return
        if feed.is_quotes:
            self._remove_pattern(client, feed)
        for channel in feed.channels:
            clients = self._by_channel[channel]
            clients[client] -= 1
            if not clients[client]:
                del clients[client]
            if not clients:
                del self._by_channel[channel]
                self.removed.append(channel)

    def _check(self, client: S, feed: Feed) -> None:
        if len(client.feeds) >= FEEDS_PER_CLIENT:
            raise FeedError(f"{FEEDS_PER_CLIENT} feeds are the most that one connection can be subscribed to")
        if feed.is_quotes:
            if client.patterns >= PATTERNS_PER_CLIENT:
                raise FeedError(f"{PATTERNS_PER_CLIENT} patterns of quotes are the most for one connection")
            if self._is_too_many(feed):
                raise FeedError(
                    f"all clients together are subscribed to {PATTERNS} different patterns of quotes, the most "
                    f"that there can be: try {ALL_QUOTES}, or again later"
                )
        elif len(self._by_channel) >= CHANNELS and len(client.feeds) >= FEW_FEEDS:
            raise FeedError(
                f"all clients together are subscribed to {CHANNELS} different feeds, beyond which a connection "
                f"can have {FEW_FEEDS}: try {ALL_QUOTES}, or again later"
            )

    def _is_too_many(self, pattern: Feed) -> bool:
        is_new = pattern.name not in self._patterns and pattern.name != ALL_QUOTES
        return is_new and len(self._patterns) >= PATTERNS

    def _add_pattern(self, client: S, feed: Feed) -> None:
        pattern = self._patterns.get(feed.name)
        if pattern is None:
            self._serial += 1
            pattern = self._patterns[feed.name] = _Pattern(feed, self._serial)
        pattern.clients.add(client)
        client.patterns += 1

    def _remove_pattern(self, client: S, feed: Feed) -> None:
        pattern = self._patterns[feed.name]
        pattern.clients.discard(client)
        client.patterns -= 1
        if not pattern.clients:
            del self._patterns[feed.name]

    # --- publications

    def audience(self, channel: str) -> Collection[S]:
        """The clients that a publication is for, each once."""
        exact = self._by_channel.get(channel, ())
        if not self._patterns:
            return exact
        by_pattern = [pattern.clients for pattern in self._matched(channel) if pattern.clients]
        if not by_pattern:
            return exact
        if len(by_pattern) == 1 and not exact:
            return by_pattern[0]
        return set(exact).union(*by_pattern)

    def _matched(self, channel: str) -> list[_Pattern[S]]:
        matching = self._matching.get(channel)
        if matching is None:
            if not symbol_of(channel):
                # It is nobody's business here, whatever matches it.
                return []
            if len(self._matching) >= _REMEMBERED:
                del self._matching[next(iter(self._matching))]
            matching = self._matching[channel] = _Matching()
        if matching.seen != self._serial:
            newer = [each for each in self._newer(matching.seen) if each.feed.matches(channel)]
            matching.patterns = [each for each in matching.patterns if each.clients] + newer
            matching.seen = self._serial
        return matching.patterns

    def _newer(self, serial: int) -> Iterator[_Pattern[S]]:
        for pattern in reversed(self._patterns.values()):
            if pattern.serial <= serial:
                return
            yield pattern
