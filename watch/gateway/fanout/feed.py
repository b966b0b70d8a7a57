"""What clients may read: the published boards and screens, the quotes and the alerts; nothing else in Redis."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from leaderboard import keys
from leaderboard.event import is_symbol
from watch.gateway.fanout.pattern import compile_pattern, is_pattern, literal_prefix
from watch.gateway.limits import LONGEST_FEED, LONGEST_PATTERN, STARS

_SCANNER_PREFIX = keys.screen("")
_QUOTE_PREFIX = keys.quote("")
# Not a channel of Redis: the gateway makes these feeds.
_CANDLES_PREFIX = "candles:"


class FeedError(ValueError):
    """There is no such feed or key, or clients may not read it. The text is for the client."""


@dataclass(frozen=True)
class Feed:
    """What a client subscribes to: a board, a screen, a symbol's quotes or candles, the alerts, or a pattern.

    Attributes:
        name: as the client spelled it; that of the channel, unless it is a pattern.
    """

    name: str

    @cached_property
    def is_pattern(self) -> bool:
        return is_pattern(self.name)

    @property
    def candles(self) -> str:
        """The symbol whose candles it brings; empty: it is another feed."""
        return self.name.removeprefix(_CANDLES_PREFIX) if self.name.startswith(_CANDLES_PREFIX) else ""

    @property
    def is_alerts(self) -> bool:
        return self.name == keys.ALERTS_CHANNEL

    @cached_property
    def is_quote_pattern(self) -> bool:
        return self.is_pattern and self.name.startswith(_QUOTE_PREFIX)

    def matches(self, channel: str) -> bool:
        return self._pattern.fullmatch(channel) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_pattern(self.name)


def parse_feed(name: str, scanners: Collection[str]) -> Feed:
    """The feed that a client names.

    Args:
        name: as the client spelled it.
        scanners: the channels of all boards and screens.

    Raises:
        FeedError: nothing of that name can be subscribed to.
    """
    if len(name) > LONGEST_FEED:
        raise FeedError(f"a feed's name has {LONGEST_FEED} characters at most, this one has {len(name)}")
    if is_pattern(name) and (len(name) > LONGEST_PATTERN or name.count("*") > STARS):
        raise FeedError(f"a pattern has {LONGEST_PATTERN} characters and {STARS} stars at most")
    feed = Feed(name)
    prefix = literal_prefix(name)
    if name.startswith(_CANDLES_PREFIX):
        if not is_symbol(name.removeprefix(_CANDLES_PREFIX)):
            raise FeedError(f"candles are of one symbol, and {name.removeprefix(_CANDLES_PREFIX)!r} is none")
    elif prefix.startswith(_SCANNER_PREFIX):
        if not (any(map(feed.matches, scanners)) if feed.is_pattern else name in scanners):
            raise FeedError(f"{name!r} is none of the boards: {', '.join(scanners)}")
    elif feed.is_alerts:
        return feed
    elif not prefix.startswith(_QUOTE_PREFIX):
        raise FeedError(
            f"{name!r} is no feed: feeds are scanners:... and quote:SYMBOL, patterns of either, candles:SYMBOL, "
            f"and {keys.ALERTS_CHANNEL}"
        )
    elif not (feed.is_pattern or is_quote_channel(name)):
        raise FeedError(f"{name.removeprefix(_QUOTE_PREFIX)!r} is no symbol")
    return feed


def candles_channel(symbol: str) -> str:
    """The name of the feed of a symbol's candles."""
    return f"{_CANDLES_PREFIX}{symbol}"


def parse_key(name: str, scanners: Collection[str]) -> str:
    """The key that a client names.

    Args:
        name: as the client spelled it.
        scanners: the keys of all boards and screens.

    Raises:
        FeedError: clients may not read it.
    """
    if not (name in scanners or is_quote_channel(name)):
        raise FeedError(
            f"{name[:LONGEST_FEED]!r} cannot be read: keys are {', '.join(scanners)}, quote:SYMBOL and "
            f"{keys.ALERTS_CHANNEL}"
        )
    return name


def may_be_scanner(name: str) -> bool:
    """Whether a board or a screen could have this channel and key."""
    return name.startswith(_SCANNER_PREFIX) and not is_pattern(name)


def is_quote_channel(name: str) -> bool:
    """Whether a symbol's quotes are published on it."""
    return name.startswith(_QUOTE_PREFIX) and is_symbol(name.removeprefix(_QUOTE_PREFIX))
