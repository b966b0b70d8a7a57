"""The notifier's report about itself in Redis, for the doctor."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from redis import Redis

from leaderboard import keys
from leaderboard.connections.report_hash import read_report

# Seconds for which it is kept. A notifier that an operator has done away with is missed for so long.
_KEPT = 86_400


@dataclass(frozen=True)
class NotifierReport:
    """How notifying stands. Times are Unix milliseconds by the clock of the boards' Redis.

    Attributes:
        host: the machine.
        targets: how many services alerts are sent to.
        seen_at: when the notifier said so.
        failure: of a target, and why it takes no alerts now; empty: all take them.
        age: seconds for which the oldest alert has waited to be sent.
    """

    host: str
    targets: int
    seen_at: int
    failure: str = ""
    age: int = 0

    def store(self, redis: Redis) -> None:
        mapping: dict[Any, Any] = asdict(self)
        with redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.NOTIFIER, mapping=mapping)
            pipe.expire(keys.NOTIFIER, _KEPT)
            pipe.execute()

    @classmethod
    def read(cls, redis: Redis) -> Self | None:
        """The last notifier's; None: there was none in the last day, or the key has other fields.

        Raises:
            redis.exceptions.ResponseError: the key is of another type.
        """
        return read_report(redis, keys.NOTIFIER, cls)
