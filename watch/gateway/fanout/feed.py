"""What can be read through the gateway: the published boards and the quotes, and nothing else of Redis."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.event import is_symbol
from watch.gateway.fanout.pattern import compile_pattern, is_pattern, literal_prefix
from watch.gateway.limits import LONGEST_PATTERN, STARS

SCANNERS = {board.scanner: board for board in BOARDS}
_SCANNER = "scanners:"
_QUOTE = keys.quote("")

#: Characters of a feed's name that are looked at.
LONGEST = 128


class FeedError(ValueError):
    """There is no such feed or key, or it is none of this gateway's; its text says so to whoever asked."""


@dataclass(frozen=True)
class Feed:
    """What a client subscribes to.

    Attributes:
        name: as the client spelled it.
    """

    name: str

    @cached_property
    def boards(self) -> Collection[str]:
        """The boards' channels among what it names."""
        if not is_pattern(self.name):
            return [self.name] if self.name in SCANNERS else []
        if self.is_quotes:
            return []
        return [channel for channel in SCANNERS if self._pattern.fullmatch(channel)]

    @cached_property
    def channels(self) -> Collection[str]:
        """The channels that it names one by one: all but those of a pattern of quotes."""
        return self.boards or ([self.name] if self.symbol else [])

    @cached_property
    def symbol(self) -> str | None:
        """The symbol whose quotes it names; None where it names no single one."""
        return None if is_pattern(self.name) else symbol_of(self.name)

    @cached_property
    def is_quotes(self) -> bool:
        """Whether it is a pattern of quotes."""
        return is_pattern(self.name) and self.name.startswith(_QUOTE)

    def matches(self, channel: str) -> bool:
        return self._pattern.fullmatch(channel) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_pattern(self.name)


def feed_of(name: str) -> Feed:
    """The feed that a client names.

    Raises:
        FeedError: it is none that can be subscribed to.
    """
    if len(name) > LONGEST:
        raise FeedError(f"a feed's name has {LONGEST} characters at most, this one has {len(name)}")
    if is_pattern(name) and (len(name) > LONGEST_PATTERN or name.count("*") > STARS):
        raise FeedError(f"a pattern has {LONGEST_PATTERN} characters and {STARS} stars at most")
    feed = Feed(name)
    if literal_prefix(name).startswith(_SCANNER):
        if not feed.boards:
            raise FeedError(f"{name!r} is none of the boards: {', '.join(SCANNERS)}")
    elif literal_prefix(name).startswith(_QUOTE):
        if not feed.is_quotes and feed.symbol is None:
            raise FeedError(f"{name.removeprefix(_QUOTE)!r} is no symbol")
    else:
        raise FeedError(f"{name!r} is no feed: feeds are scanners:... and quote:SYMBOL, and patterns of either")
    return feed


def key_of(name: str) -> str:
    """The key that a client names.

    Raises:
        FeedError: it is none that can be read.
    """
    if name in SCANNERS or symbol_of(name):
        return name
    raise FeedError(f"{name[:LONGEST]!r} cannot be read: keys are {', '.join(SCANNERS)} and quote:SYMBOL")


def symbol_of(channel: str) -> str | None:
    """The symbol whose quotes are published on a channel; None where it is no quotes' channel."""
    symbol = channel.removeprefix(_QUOTE)
    return symbol if symbol != channel and is_symbol(symbol) else None
