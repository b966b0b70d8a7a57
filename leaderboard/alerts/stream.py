"""Reads the stream of alerts."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple, cast

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.alerts.alert import FIELD, Alert
from leaderboard.connections.redis_values import checked

#: An entry as Redis answers it: its id and its fields.
RawEntry = tuple[bytes, dict[bytes, bytes]]

#: Before every entry.
BEGINNING = "0-0"

_FIELD = FIELD.encode()


class Entry(NamedTuple):
    """An entry of the stream.

    Attributes:
        id: its place; later entries have greater ones.
        published: the alert as it was published, JSON.
        alert: what that says.
    """

    id: str
    published: bytes
    alert: Alert


def entries_of(raw: Iterable[RawEntry]) -> list[Entry]:
    """The entries that hold alerts. Others, which somebody else has added, are left out."""
    entries = []
    for id, fields in raw:
        published = fields.get(_FIELD, b"")
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            entries.append(Entry(id.decode(), published, Alert.parse(published)))
    return entries


def place(id: str) -> tuple[int, int]:
    """An entry's place in the stream, by which ids can be compared."""
    slot, _, number = id.partition("-")
    return int(slot), int(number)


class AlertReader:
    """Reads alerts as they come.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def newest(self) -> str:
        """The id of the newest entry; :data:`BEGINNING` if there is none.

        Raises:
            InvalidValueError: the key is of another type.
            redis.exceptions.RedisError: Redis does not answer.
        """
        raw = cast(list[RawEntry], self._ask("xrevrange", keys.ALERTS, count=1))
        return raw[0][0].decode() if raw else BEGINNING

    def read(self, after: str, count: int, wait: float) -> tuple[list[Entry], str]:
        """The first entries after another, in their order.

        Args:
            after: the id of the last entry that the caller has read.
            count: entries at most.
            wait: seconds to wait for one if there is none.

        Returns:
            Those that hold alerts, and the id of the last one that was read; `after` if there is none.

        Raises:
            InvalidValueError, redis.exceptions.RedisError: as of :meth:`newest`.
        """
        streams = {keys.ALERTS: after}
        answer = self._ask("xread", streams, count=count, block=max(1, round(wait * 1000)))
        raw: list[RawEntry] = answer[0][1] if answer else []
        return entries_of(raw), raw[-1][0].decode() if raw else after

    def _ask(self, command: str, *arguments: Any, **options: Any) -> Any:
        try:
            return getattr(self._redis, command)(*arguments, **options)
        except ResponseError as error:
            return checked(keys.ALERTS, error, "a stream")
