"""A server that refuses commands which it will take again: when to try again, and when to tell of it."""

from time import monotonic

from kombu.log import get_logger
from redis.exceptions import (
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)

logger = get_logger(__name__)

#: Seconds until the next attempt.
PAUSE = 1.0
#: Seconds between two lines of the log.
TELL_EVERY = 60.0

# Of a server whose memory is full, that is a replica now, or whose operator has yet to grant something.
_PASSING_ERRORS = (OutOfMemoryError, ReadOnlyError, MasterDownError, NoPermissionError)
_READ_ONLY = "READONLY"
# What one says whose disk is full, that lacks replicas, is at a script, or becomes a replica while somebody waits;
# and of the first two within a script. A key of another type waits for whoever deletes it: no message is at fault.
_PASSING = ("MISCONF", "NOREPLICAS", "BUSY ", "UNBLOCKED", "OOM", _READ_ONLY, "WRONGTYPE")


def is_replicas(error: Exception) -> bool:
    """Whether a server has answered that it is a replica, which takes no writes."""
    # Of a script, servers before Redis 7 have an error of its own, with the reason within.
    return isinstance(error, ReadOnlyError) or _READ_ONLY in str(error)


def wrong_type(key: str, found: str, wanted: str) -> ResponseError:
    """The error that a server answers with where a key is of another type, and which key it is."""
    return ResponseError(f"WRONGTYPE the key {key!r} is a {found}, and has to be a {wanted}")


class Refusals:
    """Those of one kind of commands.

    Args:
        what: what has to wait, for the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._until = 0.0
        self._told = -TELL_EVERY

    @property
    def hold(self) -> bool:
        """Whether it is too early for another attempt."""
        return monotonic() < self._until

    def note(self, error: Exception) -> None:
        """Take note of a refusal.

        Raises:
            Exception: `error`, where the same command would be refused for ever.
        """
        if not isinstance(error, _PASSING_ERRORS) and not any(word in str(error) for word in _PASSING):
            raise error
        now = monotonic()
        self._until = now + PAUSE
        if now - self._told >= TELL_EVERY:
            self._told = now
            logger.warning("%s, tried again every %.0f s: %s", self._what, PAUSE, error)
