"""The channels to subscribe to."""

import re
from collections.abc import Iterable

from leaderboard.event import is_symbol

#: The second bars of all symbols.
EVERY_SECOND = "A.*"

_CHANNEL = re.compile(r"(AM?)\.(.+)", re.ASCII)


def channels(texts: Iterable[str]) -> list[str]:
    """The channels in some comma-separated lists, each once.

    Raises:
        ValueError: a channel is neither ``A.`` nor ``AM.``, followed by a symbol or ``*``.
    """
    named = dict.fromkeys(part.strip() for text in texts for part in text.split(","))
    for name in named:
        match = _CHANNEL.fullmatch(name)
        if not match or not (match[2] == "*" or is_symbol(match[2])):
            raise ValueError(f"{name!r} is no channel of bars, such as A.* (seconds), AM.* (minutes) or A.AAPL")
    return list(named)


def event_types(names: Iterable[str]) -> frozenset[str]:
    """The types of the messages that these channels carry."""
    return frozenset(name.partition(".")[0] for name in names)
