"""Reads the tape."""

from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.connections.redis_values import checked
from leaderboard.tape.entries import Anchor, Entry, decode

_Raw = tuple[bytes, dict[bytes, bytes]]


class TapeReader:
    """Reads and trims the tape.

    A recorder never trims the newest entry that it has stored, its anchor: as long as the tape holds it, no entry
    after it is missing. Else data was lost, or there was no room.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def read(self, after: int, count: int) -> list[Entry]:
        """The first entries after a position, in their order.

        Args:
            after: the position of the last entry that the caller has read; 0: from the beginning.
            count: how many entries at most. Most have some hundred bars, after an outage up to 100,000.

        Returns:
            The entries; empty if there are none.

        Raises:
            InvalidEntryError: another release has written an entry that this one does not know.
            InvalidValueError: the key is of another type.
            redis.exceptions.RedisError: Redis does not answer.
        """
        return self._range(f"({after}-0", "+", count)

    def holds(self, anchor: Anchor) -> bool:
        """Whether the tape has this very entry.

        Raises:
            InvalidEntryError, InvalidValueError, redis.exceptions.RedisError: as of :meth:`read`.
        """
        return [entry.anchor for entry in self._range(anchor.id, anchor.id, 1)] == [anchor]

    def trim(self, anchor: Anchor) -> int:
        """Remove the entries before an anchor. It stays.

        Returns:
            How many were removed.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: as of :meth:`read`.
        """
        return cast(int, self._ask("xtrim", keys.TAPE, None, False, anchor.id))

    def _range(self, first: str, last: str, count: int) -> list[Entry]:
        return [decode(*raw) for raw in cast(list[_Raw], self._ask("xrange", keys.TAPE, first, last, count))]

    def _ask(self, command: str, *arguments: Any) -> Any:
        try:
            return getattr(self._redis, command)(*arguments)
        except ResponseError as error:
            return checked(keys.TAPE, error, "a stream")
