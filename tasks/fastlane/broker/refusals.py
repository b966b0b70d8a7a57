"""What to do when Redis refuses a command that it will take again: pause, retry, and log once a minute."""

from time import monotonic

from kombu.log import get_logger
from redis.exceptions import ResponseError

from config.log_throttle import LogThrottle
from leaderboard.connections.redis_errors import is_transient

logger = get_logger(__name__)

#: Seconds until the next attempt.
PAUSE = 1.0


def wrong_type(key: str, found: str, wanted: str) -> ResponseError:
    """The error that Redis answers with if a key is of another type, with the key's name."""
    return ResponseError(f"WRONGTYPE the key {key!r} is a {found}, and has to be a {wanted}")


class Refusals:
    """Refusals of one kind of commands.

    Args:
        what: what has to wait, for the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._until = 0.0
        self._throttle = LogThrottle()

    @property
    def is_pausing(self) -> bool:
        """Whether it is too early for another attempt."""
        return monotonic() < self._until

    def note(self, error: Exception) -> None:
        """Pause after a refusal.

        Raises:
            Exception: `error`, if the same command would be refused forever.
        """
        if not is_transient(error):
            raise error
        self._until = monotonic() + PAUSE
        if self._throttle.allows(self._what):
            logger.warning("%s, retried every %.0f s: %s", self._what, PAUSE, error)
