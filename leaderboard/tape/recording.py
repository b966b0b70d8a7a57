"""Says that somebody records, and writes entries of the tape for which no other script is atomic."""

from collections.abc import Iterable, Mapping
from hashlib import sha1
from typing import Any, cast

from redis import Redis
from redis.commands.core import Script

from config.settings import settings
from leaderboard import keys
from leaderboard.scripts import script

#: Seconds that the tape is written after the last renewal. A recorder that is away for less misses nothing, if the
#: tape has room.
RECORDING_TTL = 3600

#: The keys of the tape, as ``tape.lua`` lists them.
TAPE_KEYS = (keys.RECORDING, keys.TAPE, keys.TAPE_POSITION)
#: These and those of the entries' session and revision.
WHOLE_TAPE_KEYS = (*TAPE_KEYS, keys.SESSION, keys.REVISION)


class Recording:
    """Starts recording and keeps it going.

    Args:
        redis: the Redis of the boards.
        bound: bars that the tape has room for; unset: ``TAPE_BOUND``.
    """

    def __init__(self, redis: Redis, bound: int | None = None) -> None:
        self._record = script.load(redis, "check.lua", "tape.lua", "record.lua")
        self._bound = settings().tape_bound if bound is None else bound

    def renew(self) -> bool:
        """Have the tape written for :data:`RECORDING_TTL` seconds from now.

        Returns:
            Whether somebody has recorded until now. Else the tape has an entry
            :class:`leaderboard.tape.entries.Started`: what happened before it may be missing.

        Raises:
            redis.exceptions.ResponseError: WRONGKEY and the tape's key that has to be repaired; nobody records.
            redis.exceptions.RedisError: Redis does not answer, or refuses to write.
        """
        return bool(self._record(WHOLE_TAPE_KEYS, [self._bound, RECORDING_TTL]))


def renew(redis: Redis, bound: int | None = None) -> bool:
    """:meth:`Recording.renew`, once.

    Args:
        redis, bound: as of :class:`Recording`.
    """
    return Recording(redis, bound).renew()


class TapeWriter:
    """Writes single entries. No entry is written while nobody records.

    Args:
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._append: Script = script.load(redis, "check.lua", "tape.lua", "append.lua")

    def append(self, kind: str, fields: Mapping[str, Any], client: Redis | None = None) -> bool:
        """Append an entry.

        Args:
            kind: as :mod:`leaderboard.tape.entries` decodes it.
            fields: of the kind.
            client: a pipeline to which the call is added; unset: it is made at once.

        Returns:
            Whether somebody records; of a pipeline nothing that counts.

        Raises:
            redis.exceptions.ResponseError: WRONGKEY and the tape's key that has to be repaired.
        """
        flat = [part for field in fields.items() for part in field]
        return bool(cast(Any, self._append(WHOLE_TAPE_KEYS, [kind, *flat], client=client)))


def digests_text(published: Iterable[tuple[str, bytes]]) -> str:
    """Lines of a name and the hex SHA-1 of what was published under it.

    Args:
        published: names of boards or screens, and their JSON.
    """
    return "\n".join(f"{name} {sha1(json, usedforsecurity=False).hexdigest()}" for name, json in published)
