"""Where reference data comes from."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Protocol

from leaderboard.reference.figures import Reference


class ReferenceSource(Protocol):
    """A file or a market data service that has reference data.

    Both methods may block and may raise :class:`SourceError`. Neither is called while an event is processed.
    """

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        """The reference data of `symbols` for the trading day `day`; unknown symbols are left out."""
        ...

    def fetch_all(self, day: date) -> Iterable[Mapping[str, Reference]]:
        """The whole market's for the trading day `day`, in parts, with as few calls as possible.

        Parts may be empty: a slow source yields them so that its caller can renew its lease.
        """
        ...


class SourceError(Exception):
    """The source could not answer; a retry may help."""


class SourceRefusedError(SourceError):
    """The source refuses this deployment, for example its key; no retry helps until an operator has seen to it.

    The source has logged it, once.
    """
