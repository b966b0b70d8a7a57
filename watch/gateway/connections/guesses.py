"""Slows down who guesses the key."""

import logging
import time

from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.counters import Counters

log = logging.getLogger(__name__)

#: Seconds between two lines of log about wrong keys.
QUIET = 60.0


class Guesses:
    """Counts wrong keys, by address.

    An address that has tried too many is not told about any key for a while, not even about the right one, for
    that is what it looks for. The same wrong key again is no guess: a crowd of clients may have an old one.

    Args:
        counters: what is counted over all addresses.
    """

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._logged = float("-inf")
        self._since = 0

    def are_too_many(self, address: ClientAddress) -> bool:
        """Whether an address has to wait before it may try a key; if so, this counts as one more try."""
        too_many = address.guesses.debt > 0
        if too_many:
            self._count(address)
        return too_many

    def note(self, address: ClientAddress, wrong: str) -> None:
        """Count a key that was wrong."""
        if address.is_new(wrong):
            address.guesses.take()
        self._count(address)

    def _count(self, address: ClientAddress) -> None:
        self._counters.wrong_keys += 1
        self._since += 1
        now = time.monotonic()
        if now - self._logged >= QUIET:
            log.warning("wrong keys: %d since the last such line, this one from %s", self._since, address.address)
            self._logged, self._since = now, 0
