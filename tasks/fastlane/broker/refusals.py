"""A server that refuses commands which it will take again: when to try again, and when to tell of it."""

from time import monotonic

from kombu.log import get_logger
from redis.exceptions import ResponseError

from leaderboard.redis_errors import is_transient

logger = get_logger(__name__)

#: Seconds until the next attempt.
PAUSE = 1.0
#: Seconds between two lines of the log.
TELL_EVERY = 60.0


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
        if not is_transient(error):
            raise error
        now = monotonic()
        self._until = now + PAUSE
        if now - self._told >= TELL_EVERY:
            self._told = now
            logger.warning("%s, tried again every %.0f s: %s", self._what, PAUSE, error)
