"""The tape that is recorded."""

from collections.abc import Sequence
from typing import Protocol

from redis import Redis

from history.counters import raise_counter
from history.recorder.tapes.collected_tape import CollectedTape
from history.recorder.tapes.moment import Moment, Page
from leaderboard import keys
from leaderboard.shards import Shards
from leaderboard.tape.entries import Anchor, Entry
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import Recording, TapeWriter


class Tape(Protocol):
    """What a recorder needs of the tape."""

    def renew(self) -> bool:
        """Have the tape go on being written: see :meth:`leaderboard.tape.recording.Recording.renew`."""

    def read(self, after: int, count: int) -> list[Entry]:
        """The entries after a position: see :meth:`leaderboard.tape.reader.TapeReader.read`."""

    def holds(self, anchor: Anchor) -> bool:
        """Whether the tape has this very entry."""

    def trim(self, anchor: Anchor) -> None:
        """Remove the entries before one that is on disk. It stays."""

    def raise_position(self, least: int) -> None:
        """Have all later entries take positions above one."""

    def say_start(self) -> None:
        """Write to the tape that recording begins here."""

    def moment(self) -> Moment:
        """Where the tape and the session clocks are now."""

    def revisions(self, pages: Sequence[Page]) -> list[int]:
        """The revision of what was read from a server, since the last :meth:`moment`: what the tape says later of
        these symbols has a greater one."""


def tape_of(shards: Shards[Redis]) -> Tape:
    """The tape of a deployment.

    Args:
        shards: the servers of the boards.
    """
    return SingleTape(shards.first) if len(shards) == 1 else CollectedTape(shards)


class SingleTape:
    """The tape of the one server.

    Args:
        redis: the server.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._reader, self._writer, self._recording = TapeReader(redis), TapeWriter(redis), Recording(redis)

    def renew(self) -> bool:
        return self._recording.renew()

    def read(self, after: int, count: int) -> list[Entry]:
        return self._reader.read(after, count)

    def holds(self, anchor: Anchor) -> bool:
        return self._reader.holds(anchor)

    def trim(self, anchor: Anchor) -> None:
        self._reader.trim(anchor)

    def raise_position(self, least: int) -> None:
        raise_counter(self._redis, keys.TAPE_POSITION, least)

    def say_start(self) -> None:
        self._writer.append("start", {})

    def moment(self) -> Moment:
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.mget([keys.TAPE_POSITION, keys.REVISION, keys.SESSION])
            pipe.time()
            numbers, (seconds, microseconds) = pipe.execute()
        position, revision, session = (int(number or 0) for number in numbers)
        return Moment(position, seconds * 1000 + microseconds // 1000, revision, (session,))

    def revisions(self, pages: Sequence[Page]) -> list[int]:
        return [page.revision for page in pages]
