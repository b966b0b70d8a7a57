"""What clients may read: the published boards and the quotes, and nothing else in Redis."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.event import is_symbol
from watch.gateway.fanout.pattern import compile_pattern, is_pattern, literal_prefix
from watch.gateway.limits import LONGEST_FEED, LONGEST_PATTERN, STARS

_BOARDS = tuple(board.scanner for board in BOARDS)
_BOARD_PREFIX = "scanners:"
_QUOTE_PREFIX = keys.quote("")


class FeedError(ValueError):
    """There is no such feed or key, or clients may not read it. The text is for the client."""


@dataclass(frozen=True)
class Feed:
    """What a client subscribes to: a board, a symbol's quotes, or a pattern of either.

    Attributes:
        name: as the client spelled it.
    """

    name: str

    @cached_property
    def channels(self) -> Collection[str]:
        """The channels that it names, for a pattern of boards those that match; none for a pattern of quotes."""
        if not is_pattern(self.name):
            return [self.name] if is_readable(self.name) else []
        if self.is_quote_pattern:
            return []
        return [channel for channel in _BOARDS if self.matches(channel)]

    @cached_property
    def is_quote_pattern(self) -> bool:
        return is_pattern(self.name) and self.name.startswith(_QUOTE_PREFIX)

    def matches(self, channel: str) -> bool:
        return self._pattern.fullmatch(channel) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_pattern(self.name)


def parse_feed(name: str) -> Feed:
    """The feed that a client names.

    Raises:
        FeedError: nothing of that name can be subscribed to.
    """
    if len(name) > LONGEST_FEED:
        raise FeedError(f"a feed's name has {LONGEST_FEED} characters at most, this one has {len(name)}")
    if is_pattern(name) and (len(name) > LONGEST_PATTERN or name.count("*") > STARS):
        raise FeedError(f"a pattern has {LONGEST_PATTERN} characters and {STARS} stars at most")
    feed = Feed(name)
    prefix = literal_prefix(name)
    if not prefix.startswith((_BOARD_PREFIX, _QUOTE_PREFIX)):
        raise FeedError(f"{name!r} is no feed: feeds are scanners:... and quote:SYMBOL, and patterns of either")
    if not (feed.channels or feed.is_quote_pattern):
        if prefix.startswith(_BOARD_PREFIX):
            raise FeedError(f"{name!r} is none of the boards: {', '.join(_BOARDS)}")
        raise FeedError(f"{name.removeprefix(_QUOTE_PREFIX)!r} is no symbol")
    return feed


def parse_key(name: str) -> str:
    """The key that a client names.

    Raises:
        FeedError: clients may not read it.
    """
    if not is_readable(name):
        raise FeedError(f"{name[:LONGEST_FEED]!r} cannot be read: keys are {', '.join(_BOARDS)} and quote:SYMBOL")
    return name


def is_readable(name: str) -> bool:
    """Whether it is the channel, and the key, of a board or of a symbol's quotes."""
    return name in _BOARDS or is_quote_channel(name)


def is_quote_channel(name: str) -> bool:
    """Whether a symbol's quotes are published on it."""
    return name.startswith(_QUOTE_PREFIX) and is_symbol(name.removeprefix(_QUOTE_PREFIX))
