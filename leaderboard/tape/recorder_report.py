"""The recorder's report about itself in Redis, for the doctor."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from redis import Redis

from leaderboard import keys
from leaderboard.connections.report_hash import read_report


@dataclass(frozen=True)
class RecorderReport:
    """How recording stands. Times are Unix milliseconds by the clock of the boards' Redis; 0: never.

    Attributes:
        host: the machine.
        folder: of its histories.
        position: on the tape, up to which all is on disk.
        seen_at: when the recorder said so.
        failure: why it cannot record now; empty: it can.
        gap_at: when the newest gap ended.
        gap_why: why there is one.
    """

    host: str
    folder: str
    position: int
    seen_at: int
    failure: str = ""
    gap_at: int = 0
    gap_why: str = ""

    def store(self, redis: Redis) -> None:
        mapping: dict[Any, Any] = asdict(self)
        redis.hset(keys.RECORDER, mapping=mapping)

    @classmethod
    def read(cls, redis: Redis) -> Self | None:
        """The last recorder's; None: nobody has ever recorded, or the key has other fields.

        Raises:
            redis.exceptions.ResponseError: the key is of another type.
        """
        return read_report(redis, keys.RECORDER, cls)
