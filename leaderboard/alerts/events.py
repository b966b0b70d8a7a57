"""What rules can wait for by name, beside conditions on fields."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Self

from leaderboard import boards
from leaderboard.market.selection import Bounds


class EventKind(StrEnum):
    """What happens to a symbol between two ticks.

    NEW_HIGH, NEW_LOW: the day's high rises, or its low falls.
    ABOVE_PRE_HIGH: the price comes above the high of the pre-market.
    SPIKE: the price has risen steeply within a minute, by more than :data:`SPIKES` says of prices like it.
    ENTERS: the symbol comes to be one of the first of a board or screen.
    """

    NEW_HIGH = "new_high"
    NEW_LOW = "new_low"
    ABOVE_PRE_HIGH = "above_pre_high"
    SPIKE = "spike"
    ENTERS = "enters"


#: Prices in dollars, and the percent that one below it, and not below those before it, rises in a spike.
SPIKES = ((1.0, 10.0), (2.0, 8.0), (4.0, 6.0), (8.0, 4.0), (10.0, 2.0))
#: The same of all prices above.
LEAST_SPIKE = 1.0
#: Shares of a minute above which a rise is a spike.
SPIKE_VOLUME = 1_000.0

_PLAIN = tuple(kind for kind in EventKind if kind is not EventKind.ENTERS)
_KNOWN = (*_PLAIN, "enters:BOARD:N")
_MOST_PLACES = Bounds().limit
_PLACES = re.compile(r"\d{1,6}", re.ASCII)
_SCREEN = re.compile(r"(?!top_)[a-z0-9_]{1,64}")
_LONGEST_QUOTATION = 40


@dataclass(frozen=True)
class Event:
    """An event that a rule waits for.

    Attributes:
        kind: what happens.
        board: name of the board or screen that the symbol enters; empty: the event is of another kind.
        places: the first so many of the board count.
    """

    kind: EventKind
    board: str = ""
    places: int = 0

    @property
    def is_momentary(self) -> bool:
        """Whether it happens at one tick and does not last, as a new high does."""
        return self.kind in (EventKind.NEW_HIGH, EventKind.NEW_LOW)

    @property
    def names_screen(self) -> bool:
        """Whether what the symbol enters is no board. It need not be declared."""
        return self.kind is EventKind.ENTERS and self.board not in boards.BY_NAME

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an event as :meth:`__str__` writes it.

        Raises:
            ValueError: it is none; the text is a sentence.
        """
        if text in _PLAIN:
            return cls(EventKind(text))
        if text.partition(":")[0] == EventKind.ENTERS:
            return cls(EventKind.ENTERS, *_entered(text))
        quoted = ascii(text[:_LONGEST_QUOTATION])
        similar = get_close_matches(text[:_LONGEST_QUOTATION], _PLAIN, 1)
        suggestion = f"did you mean {similar[0]}?" if similar else f"known are {', '.join(_KNOWN)}"
        raise ValueError(f"there is no event {quoted}; {suggestion}")

    def __str__(self) -> str:
        return f"{self.kind}:{self.board}:{self.places}" if self.board else self.kind.value


def _entered(text: str) -> tuple[str, int]:
    """The board or screen and the places of ``enters:BOARD:N``."""
    _, name, places, *more = *text.split(":"), "", ""
    if any(more) or not _PLACES.fullmatch(places):
        raise ValueError(f"{text[:_LONGEST_QUOTATION]!a} is not like enters:gainers:10")
    if not _SCREEN.fullmatch(name):
        raise ValueError(f"no board and no screen has a name like {name[:_LONGEST_QUOTATION]!a}")
    if not 1 <= int(places) <= _MOST_PLACES:
        raise ValueError(f"the places of a board are from 1 to {_MOST_PLACES}, not {int(places):,}")
    return name, int(places)
