"""Slows down who guesses the key."""

import logging
import time

from watch.gateway.sources import Source
from watch.gateway.totals import Totals

log = logging.getLogger(__name__)

#: Seconds between two lines of log about wrong keys.
QUIET = 60.0


class Guesses:
    """Counts wrong keys, by address.

    An address that has tried too many is not told about any key for a while, not even about the right one, for
    that is what it looks for. The same wrong key again is no guess: a crowd of clients may have an old one.

    Args:
        totals: what is counted over all addresses.
    """

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._logged = float("-inf")
        self._since = 0

    def are_too_many(self, source: Source) -> bool:
        """Whether an address has to wait before it may try a key; if so, this counts as one more try."""
        too_many = source.guesses.debt > 0
        if too_many:
            self._count(source)
        return too_many

    def note(self, source: Source, wrong: str) -> None:
        """Count a key that was wrong."""
        if source.is_new(wrong):
            source.guesses.take()
        self._count(source)

    def _count(self, source: Source) -> None:
        self._totals.wrong_keys += 1
        self._since += 1
        now = time.monotonic()
        if now - self._logged >= QUIET:
            log.warning("wrong keys: %d since the last such line, this one from %s", self._since, source.address)
            self._logged, self._since = now, 0
