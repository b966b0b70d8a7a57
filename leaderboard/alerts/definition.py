"""What a rule of alerts is, as readers of alerts have to know it.

The definitions of the rules are published (:data:`leaderboard.keys.ALERT_RULES`), so that a change of the file
reaches gateway, page and terminal without a restart.
"""

from typing import Literal

import msgspec


class Definition(msgspec.Struct, frozen=True):
    """A rule.

    Attributes:
        name: its name in ids and files.
        title: its name for people.
        event: what it waits for, such as ``new_high`` or ``enters:gainers:10``; None: for its conditions alone.
        conditions: that a row has to satisfy, such as ``close >= 1``.
        hours: it fires for rows whose newest bar is of these hours only; empty: of any.
        hold: seconds for which all of that has to hold before it fires.
        cooldown: seconds after an alert in which it does not fire for the same symbol.
    """

    name: str
    title: str
    event: str | None
    conditions: tuple[str, ...]
    hours: tuple[Literal["pre", "regular", "post"], ...]
    hold: int
    cooldown: int


encode = msgspec.json.Encoder().encode
_DECODER = msgspec.json.Decoder(tuple[Definition, ...])


def decode(published: bytes | None) -> tuple[Definition, ...]:
    """The definitions of the rules.

    Args:
        published: what :data:`leaderboard.keys.ALERT_RULES` holds; None: nothing was published yet.

    Raises:
        msgspec.DecodeError: it holds something else.
    """
    return _DECODER.decode(published) if published else ()
