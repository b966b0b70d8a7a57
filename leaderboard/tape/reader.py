"""Reads a tape."""

from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.connections.redis_values import checked
from leaderboard.tape.entries import Anchor, Entry, decode

#: An entry as Redis holds it: its id and its fields.
Raw = tuple[bytes, dict[bytes, bytes]]


class TapeReader:
    """Reads and trims a tape.

    A recorder never trims the newest entry that it has stored, its anchor: as long as the tape holds it, no entry
    after it is missing. Else data was lost, or there was no room.

    Args:
        redis: the server of the tape.
        key: of the tape.
    """

    def __init__(self, redis: Redis, key: str = keys.TAPE) -> None:
        self._redis = redis
        self._key = key

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
        return [decode(*raw) for raw in self.raw(f"({after}-0", "+", count)]

    def raw(self, first: str, last: str, count: int) -> list[Raw]:
        """Entries as Redis holds them, in their order.

        Args:
            first, last: ids as XRANGE takes them.
            count: how many entries at most.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: as of :meth:`read`.
        """
        return cast(list[Raw], self._ask("xrange", self._key, first, last, count))

    def last(self) -> Raw | None:
        """The newest entry as Redis holds it; None: there is none.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: as of :meth:`read`.
        """
        found = cast(list[Raw], self._ask("xrevrange", self._key, "+", "-", 1))
        return found[0] if found else None

    def holds(self, anchor: Anchor) -> bool:
        """Whether the tape has this very entry.

        Raises:
            InvalidEntryError, InvalidValueError, redis.exceptions.RedisError: as of :meth:`read`.
        """
        return [decode(*raw).anchor for raw in self.raw(anchor.id, anchor.id, 1)] == [anchor]

    def trim(self, anchor: Anchor) -> int:
        """Remove the entries before an anchor. It stays.

        Returns:
            How many were removed.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: as of :meth:`read`.
        """
        return cast(int, self._ask("xtrim", self._key, None, False, anchor.id))

    def _ask(self, command: str, *arguments: Any) -> Any:
        try:
            return getattr(self._redis, command)(*arguments)
        except ResponseError as error:
            return checked(self._key, error, "a stream")
