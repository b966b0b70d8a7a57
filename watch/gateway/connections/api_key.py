"""The key that clients must bring, and a limit on guessing it."""

import logging
import secrets

from pydantic import SecretStr

from config.log_throttle import LogThrottle
from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.counters import Counters

log = logging.getLogger(__name__)


class ApiKey:
    """Judges keys, and counts wrong ones by address.

    An address that has tried too many wrong keys is locked out for a while: no key is judged then, not even the
    right one, which is what a guesser looks for. The same wrong key again is no new guess, as many clients may
    still have an old key.

    Args:
        key: what every client must bring; None: clients need no key.
        counters: where wrong keys are counted.
    """

    def __init__(self, key: SecretStr | None, counters: Counters) -> None:
        self._key = key
        self._counters = counters
        self._throttle = LogThrottle()
        self._unlogged = 0

    @property
    def is_required(self) -> bool:
        return self._key is not None

    def is_locked_out(self, address: ClientAddress) -> bool:
        """Whether an address must wait before it may try a key. If so, this counts as one more try."""
        locked_out = address.guesses.debt > 0
        if locked_out:
            self._count(address)
        return locked_out

    def accepts(self, address: ClientAddress, key: str) -> bool:
        """Whether the key is right. A wrong one counts as a guess of the address."""
        right = self._key.get_secret_value() if self._key else ""
        # The time it takes does not depend on how much of the key is right.
        if secrets.compare_digest(key.encode(errors="replace"), right.encode()):
            return True
        if address.is_new(key):
            address.guesses.take()
        self._count(address)
        return False

    def _count(self, address: ClientAddress) -> None:
        self._counters.wrong_keys += 1
        self._unlogged += 1
        if self._throttle.allows("wrong keys"):
            log.warning("wrong keys: %d since the last such line, this one from %s", self._unlogged, address.name)
            self._unlogged = 0
