"""Which clients a publication is for, and which channels are needed from Redis."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leaderboard import keys
from watch.gateway.fanout.feed import Feed, FeedError, is_quote_channel
from watch.gateway.limits import (
    CANDLES,
    CANDLES_PER_CLIENT,
    CHANNELS,
    FEEDS_PER_CLIENT,
    FEW_FEEDS,
    PATTERNS,
    PATTERNS_PER_CLIENT,
)

#: The one pattern that can always be subscribed to.
ALL_QUOTES = keys.quote("*")

# Channels for which the matching patterns are cached; more than there are symbols.
_CACHED_CHANNELS = 50_000

C = TypeVar("C", bound=Hashable)


@dataclass(eq=False)
class _Pattern(Generic[C]):
    """A pattern of quotes that some clients are subscribed to. Later ones have greater serial numbers."""

    feed: Feed
    serial: int
    clients: set[C] = field(default_factory=set)


@dataclass(eq=False)
class _ScannerPattern(Generic[C]):
    """A pattern of boards and screens that some clients are subscribed to, and the channels that match it."""

    feed: Feed
    channels: list[str]
    clients: set[C] = field(default_factory=set)


@dataclass(eq=False)
class _Matches(Generic[C]):
    """The patterns that match a channel, among those up to a serial number."""

    serial: int = 0
    patterns: list[_Pattern[C]] = field(default_factory=list)


class Subscriptions(Generic[C]):
    """The feeds of all clients.

    The cost of subscribing depends on the channels that the feed names, not on other subscriptions. A pattern is
    matched once against each channel, at the first publication there.

    Args:
        scanners: the channels of all boards and screens.

    Attributes:
        added: channels of boards and single symbols that are needed since this list was last emptied.
        removed: those that are no longer needed.
    """

    def __init__(self, scanners: Iterable[str]) -> None:
        self._scanners = tuple(scanners)
        # By client and name, and how many of a client's feeds are patterns of quotes.
        self._feeds: dict[C, dict[str, Feed]] = {}
        self._pattern_counts: Counter[C] = Counter()
        # By name, the feeds of live candles.
        self._candles: dict[str, set[C]] = {}
        # How many of a client's feeds name the channel, without patterns of quotes.
        self._by_channel: dict[str, dict[C, int]] = {}
        self._scanner_patterns: dict[str, _ScannerPattern[C]] = {}
        self._patterns: dict[str, _Pattern[C]] = {}
        self._serial = 0
        self._matches: dict[str, _Matches[C]] = {}
        self.added: list[str] = []
        self.removed: list[str] = []

    @property
    def has_patterns(self) -> bool:
        """Whether some client is subscribed to a pattern of quotes."""
        return bool(self._patterns)

    def channels(self) -> list[str]:
        """The boards and single symbols that clients are subscribed to."""
        return list(self._by_channel)

    # --- subscribing

    def add(self, client: C, feed: Feed) -> None:
        """Subscribe a client.

        Raises:
            FeedError: the client, or all together, would have too many feeds.
        """
        feeds = self._feeds.setdefault(client, {})
        if feed.name in feeds:
            return
        self._check_limits(client, feed)
        feeds[feed.name] = feed
        if feed.is_quote_pattern:
            self._add_pattern(client, feed)
        elif feed.is_pattern:
            self._add_scanner_pattern(client, feed)
        elif feed.candles:
            self._candles.setdefault(feed.name, set()).add(client)
        else:
            self._add_channel(client, feed.name)

    def remove(self, client: C, name: str) -> None:
        """Unsubscribe a client from a feed."""
        feed = self._feeds.get(client, {}).pop(name, None)
        if feed is None:
            return
        if feed.is_quote_pattern:
            self._remove_pattern(client, feed)
        elif feed.is_pattern:
            self._remove_scanner_pattern(client, feed)
        elif feed.candles:
            self._remove_candles(client, name)
        else:
            self._remove_channel(client, name)

    def has(self, client: C, name: str) -> bool:
        """Whether a client is subscribed to the feed of that name."""
        return name in self._feeds.get(client, ())

    def set_scanners(self, scanners: Iterable[str]) -> None:
        """Replace the list of boards and screens. New ones join the patterns that match them.

        Removed ones stay subscribed to, so that their last publication, an empty board, reaches everybody.
        """
        self._scanners = tuple(scanners)
        for pattern in self._scanner_patterns.values():
            new = [each for each in self._scanners if each not in pattern.channels and pattern.feed.matches(each)]
            pattern.channels += new
            for client in pattern.clients:
                for channel in new:
                    self._add_channel(client, channel)

    def remove_all(self, client: C) -> None:
        """Unsubscribe a client from all its feeds."""
        for name in list(self._feeds.get(client, ())):
            self.remove(client, name)
        self._feeds.pop(client, None)
        self._pattern_counts.pop(client, None)

    def _check_limits(self, client: C, feed: Feed) -> None:
        count = len(self._feeds[client])
        if count >= FEEDS_PER_CLIENT:
            raise FeedError(f"{FEEDS_PER_CLIENT} feeds are the most that one connection can be subscribed to")
        if feed.is_quote_pattern:
            if self._pattern_counts[client] >= PATTERNS_PER_CLIENT:
                raise FeedError(f"{PATTERNS_PER_CLIENT} patterns of quotes are the most for one connection")
            if self._is_too_many(feed):
                raise FeedError(
                    f"all clients together are subscribed to {PATTERNS} different patterns of quotes, the most "
                    f"that there can be: try {ALL_QUOTES}, or again later"
                )
        elif feed.candles:
            self._check_candles(client, feed)
        elif len(self._by_channel) >= CHANNELS and count >= FEW_FEEDS:
            raise FeedError(
                f"all clients together are subscribed to {CHANNELS} different feeds, beyond which a connection "
                f"can have {FEW_FEEDS}: try {ALL_QUOTES}, or again later"
            )

    def _check_candles(self, client: C, feed: Feed) -> None:
        if sum(bool(each.candles) for each in self._feeds[client].values()) >= CANDLES_PER_CLIENT:
            raise FeedError(f"{CANDLES_PER_CLIENT} symbols' candles are the most for one connection")
        if feed.name not in self._candles and len(self._candles) >= CANDLES:
            raise FeedError(
                f"all clients together are subscribed to {CANDLES} symbols' candles, the most that there can be: "
                "ask over HTTP, or try again later"
            )

    def _remove_candles(self, client: C, name: str) -> None:
        clients = self._candles[name]
        clients.discard(client)
        if not clients:
            del self._candles[name]

    def _is_too_many(self, pattern: Feed) -> bool:
        is_new = pattern.name not in self._patterns and pattern.name != ALL_QUOTES
        return is_new and len(self._patterns) >= PATTERNS

    def _add_channel(self, client: C, channel: str) -> None:
        clients = self._by_channel.get(channel)
        if clients is None:
            clients = self._by_channel[channel] = {}
            self.added.append(channel)
        clients[client] = clients.get(client, 0) + 1

    def _remove_channel(self, client: C, channel: str) -> None:
        clients = self._by_channel[channel]
        clients[client] -= 1
        if not clients[client]:
            del clients[client]
        if not clients:
            del self._by_channel[channel]
            self.removed.append(channel)

    def _add_scanner_pattern(self, client: C, feed: Feed) -> None:
        pattern = self._scanner_patterns.get(feed.name)
        if pattern is None:
            channels = list(filter(feed.matches, self._scanners))
            pattern = self._scanner_patterns[feed.name] = _ScannerPattern(feed, channels)
        pattern.clients.add(client)
        for channel in pattern.channels:
            self._add_channel(client, channel)

    def _remove_scanner_pattern(self, client: C, feed: Feed) -> None:
        pattern = self._scanner_patterns[feed.name]
        pattern.clients.discard(client)
        for channel in pattern.channels:
            self._remove_channel(client, channel)
        if not pattern.clients:
            del self._scanner_patterns[feed.name]

    def _add_pattern(self, client: C, feed: Feed) -> None:
        pattern = self._patterns.get(feed.name)
        if pattern is None:
            self._serial += 1
            pattern = self._patterns[feed.name] = _Pattern(feed, self._serial)
        pattern.clients.add(client)
        self._pattern_counts[client] += 1

    def _remove_pattern(self, client: C, feed: Feed) -> None:
        pattern = self._patterns[feed.name]
        pattern.clients.discard(client)
        self._pattern_counts[client] -= 1
        if not pattern.clients:
            del self._patterns[feed.name]

    # --- publications

    def audience(self, channel: str) -> Collection[C]:
        """The clients that a publication is for, each once."""
        exact = self._by_channel.get(channel, ())
        if not self._patterns:
            return exact
        by_pattern = [pattern.clients for pattern in self._matching(channel) if pattern.clients]
        if not by_pattern:
            return exact
        if len(by_pattern) == 1 and not exact:
            return by_pattern[0]
        return set(exact).union(*by_pattern)

    def _matching(self, channel: str) -> list[_Pattern[C]]:
        matches = self._matches.get(channel)
        if matches is None:
            if not is_quote_channel(channel):
                # Clients may not read it, whatever their patterns.
                return []
            if len(self._matches) >= _CACHED_CHANNELS:
                del self._matches[next(iter(self._matches))]
            matches = self._matches[channel] = _Matches()
        if matches.serial != self._serial:
            newer = [each for each in self._newer(matches.serial) if each.feed.matches(channel)]
            matches.patterns = [each for each in matches.patterns if each.clients] + newer
            matches.serial = self._serial
        return matches.patterns

    def _newer(self, serial: int) -> Iterator[_Pattern[C]]:
        for pattern in reversed(self._patterns.values()):
            if pattern.serial <= serial:
                return
            yield pattern
