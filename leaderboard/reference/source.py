"""Where reference data comes from."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Protocol

from leaderboard.reference.figures import Reference


class ReferenceSource(Protocol):
    """A place that can be asked for reference data: a file, a market data service.

    Both methods may block and may raise :class:`SourceError`; neither is called on the way of an event.
    """

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        """What is known of `symbols` on the trading day `day`; those it does not know are left out."""
        ...

    def fetch_all(self, day: date) -> Iterable[Mapping[str, Reference]]:
        """The whole market on the trading day `day`, in parts, by as few calls as the source allows.

        A part may be empty: a sign of life from a source that takes its time.
        """
        ...


class SourceError(Exception):
    """The source could not answer now; asking again later may help."""


class SourceRefusedError(SourceError):
    """The source does not take who asks; asking again is of no use until somebody has seen to it.

    The source itself has told of it, once.
    """
