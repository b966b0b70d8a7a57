"""Publishes the boards.

No script reads them: Redis would copy every quote into Lua and out again, which takes it five times as long. A
transaction can list the symbols of boards or read quotes whose symbols are known before, not both. So each one
reads the quotes of those that the one before has listed, and lists them anew: most often there are two. What the
last one has read is of one moment. The transaction that publishes it fails if another caller was faster.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, cast

from redis import Redis
from redis.exceptions import WatchError

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.scripts import script
from leaderboard.store.store import ROW_TTL
from leaderboard.tape.recording import WHOLE_TAPE_KEYS, TapeWriter, digests_text

#: Seconds that published snapshots live: as long as the rows in them.
SNAPSHOT_TTL = ROW_TTL

# Intervals for which nobody may come to publish, and how many seconds at least.
_INTERVALS = 5
_ABSENCE = 5.0
# Attempts to publish. One fails if another caller publishes meanwhile; the next one then finds the slot taken.
_ATTEMPTS = 5
# Symbols behind the last one of a board whose quotes are read as well: one of them may rank higher a moment later.
_SPARE = 25


def longest_absence(interval: float) -> float:
    """Seconds since the last attempt to publish after which nobody counts as publishing.

    Args:
        interval: seconds between snapshots.
    """
    return max(_ABSENCE, _INTERVALS * interval)


@dataclass(frozen=True)
class Snapshot:
    """What one attempt to publish did.

    Attributes:
        result: ``published``; ``taken``: another caller had published this slot; ``unchanged``: nothing was new.
        rows: rows sent, over all boards.
    """

    result: Literal["published", "taken", "unchanged"]
    rows: int = 0


@dataclass(frozen=True)
class _Moment:
    """The boards as they were at one moment.

    Attributes:
        revision: of the market.
        time: the server's, Unix milliseconds.
        boards: of each its symbols, the first one first, and some behind the last one.
        quotes: of symbols that were known before; None: it has expired.
    """

    revision: int
    time: int
    boards: Sequence[Sequence[bytes]]
    quotes: Mapping[bytes, bytes | None]


class Snapshots:
    """Publishes all boards, once per slot of `interval` seconds however many callers there are.

    Args:
        redis: the Redis of the boards.
        interval: seconds between snapshots.
        size: rows on a published board.
    """

    def __init__(self, redis: Redis, *, interval: float, size: int) -> None:
        self._redis = redis
        self._interval = interval
        self._size = size
        self._look = script.load(redis, "check.lua", "tape.lua", "snapshot.lua")
        self._keys = [keys.SNAPSHOT, *WHOLE_TAPE_KEYS, *(board.key for board in BOARDS)]
        self._tape = TapeWriter(redis)

    def publish(self) -> Snapshot:
        """Publish the current slot's snapshot, unless that is done already or nothing has changed.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refuses, or the text names a wrong key.
        """
        for _ in range(_ATTEMPTS):
            pipe: Any = self._redis.pipeline()
            with pipe, suppress(WatchError):
                # Whoever publishes from here on fails the transaction.
                pipe.watch(*(board.scanner for board in BOARDS))
                result, *due = cast(list[Any], self._look(self._keys, [self._interval]))
                if not due:
                    return Snapshot(result.decode())
                return self._publish(pipe, *due)
        return Snapshot("taken")

    def _publish(self, pipe: Any, slot: int, is_recorded: int) -> Snapshot:
        """Publish the boards as they are now, with a pipeline that watches what is published.

        Raises:
            WatchError: another caller was faster.
        """
        moment = self._read()
        boards = [symbols[: self._size] for symbols in moment.boards]
        quotes = [[quote for symbol in symbols if (quote := moment.quotes[symbol])] for symbols in boards]
        snapshots = dict(zip(BOARDS, map(_ranked, quotes), strict=True))
        about = {"slot": slot, "revision": moment.revision, "published_at": moment.time}
        pipe.multi()
        for board, snapshot in snapshots.items():
            pipe.set(board.scanner, snapshot, ex=SNAPSHOT_TTL)
            pipe.publish(board.scanner, snapshot)
        if is_recorded:
            digests = digests_text((board.name, snapshot) for board, snapshot in snapshots.items())
            self._tape.append("tick", about, pipe)
            self._tape.append("digests", {"slot": slot, "boards": digests}, pipe)
        pipe.hset(keys.SNAPSHOT, mapping=about)
        pipe.hincrby(keys.TOTALS, "published", 1)
        # If the totals cannot be counted, the boards are published all the same.
        *replies, _ = pipe.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return Snapshot("published", sum(map(len, quotes)))

    def _read(self) -> _Moment:
        """The boards at a moment of which the quotes of all their symbols are known."""
        moment = self._moment(())
        while not moment.quotes.keys() >= {symbol for board in moment.boards for symbol in board[: self._size]}:
            # There are ever more, so the loop ends however fast symbols come and go.
            moment = self._moment({*moment.quotes, *(symbol for board in moment.boards for symbol in board)})
        return moment

    def _moment(self, symbols: Sequence[bytes] | set[bytes]) -> _Moment:
        """The boards now, with the quotes of these symbols."""
        symbols, prefix = [*symbols], keys.quote("").encode()
        with self._redis.pipeline() as pipe:
            pipe.get(keys.REVISION)
            pipe.time()
            for board in BOARDS:
                ranged = pipe.zrange if board.ascending else pipe.zrevrange
                ranged(board.key, 0, self._size + _SPARE - 1)
            if symbols:
                pipe.mget([prefix + symbol for symbol in symbols])
            revision, (seconds, microseconds), *boards = pipe.execute()
        quotes = dict(zip(symbols, boards.pop(), strict=True)) if symbols else {}
        return _Moment(int(revision or 0), seconds * 1000 + microseconds // 1000, boards, quotes)


def _ranked(quotes: Sequence[bytes]) -> bytes:
    """Rows as one JSON array, each with its rank first. A quote that has expired leaves no hole in the ranks."""
    return b"[%b]" % b",".join([b'{"rank":%d,%b' % (rank, quote[1:]) for rank, quote in enumerate(quotes, 1)])
