"""Publishes the boards. The transaction that publishes them fails if another caller was faster."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from redis import Redis
from redis.exceptions import WatchError

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.scripts import script
from leaderboard.shards import Shards
from leaderboard.store.board_reader import BoardReader
from leaderboard.store.merged_boards import SESSION_FIELD, BoardMerger
from leaderboard.store.store import ROW_TTL
from leaderboard.tape.recording import WHOLE_TAPE_KEYS, TapeWriter, digests_text

#: Seconds that published snapshots live: as long as the rows in them.
SNAPSHOT_TTL = ROW_TTL

# Intervals for which nobody may come to publish, and how many seconds at least.
_INTERVALS = 5
_ABSENCE = 5.0
# Attempts to publish. One fails if another caller publishes meanwhile; the next one then finds the slot taken.
_ATTEMPTS = 5
# The share of an interval within which the servers behind the first one have to answer, and seconds at least.
_ANSWER_SHARE = 0.25
_ANSWER_LEAST = 0.25


def longest_absence(interval: float) -> float:
    """Seconds since the last attempt to publish after which nobody counts as publishing.

    Args:
        interval: seconds between snapshots.
    """
    return max(_ABSENCE, _INTERVALS * interval)


def answer_time(interval: float) -> float:
    """Seconds within which the servers behind the first one have to answer, so as not to delay the others.

    Args:
        interval: seconds between snapshots.
    """
    return max(_ANSWER_LEAST, _ANSWER_SHARE * interval)


@dataclass(frozen=True)
class Snapshot:
    """What one attempt to publish did.

    Attributes:
        result: ``published``; ``taken``: another caller had published this slot; ``unchanged``: nothing was new.
        rows: rows sent, over all boards.
        away: by the index of a server that was left out, why.
    """

    result: Literal["published", "taken", "unchanged"]
    rows: int = 0
    away: Mapping[int, Exception] = field(default_factory=dict)


@dataclass(frozen=True)
class _ToPublish:
    """What is published.

    Attributes:
        about: fields of :data:`leaderboard.keys.SNAPSHOT` and of the tape's entry.
        quotes: of each board its rows as JSON, the first one first.
        away: as of :class:`Snapshot`.
    """

    about: Mapping[str, int | str]
    quotes: Sequence[Sequence[bytes]]
    away: Mapping[int, Exception] = field(default_factory=dict)


class Snapshots:
    """Publishes all boards, once per slot of `interval` seconds however many callers there are.

    Args:
        shards: the servers of the boards. The first one has what is published.
        interval: seconds between snapshots.
        size: rows on a published board.
        timeout: seconds within which the servers behind the first one have to answer; unset: see
            :func:`answer_time`.
    """

    def __init__(self, shards: Shards[Redis], *, interval: float, size: int, timeout: float | None = None) -> None:
        redis = self._redis = shards.first
        self._interval = interval
        self._reader = BoardReader(redis, size, is_merged=False)
        self._merger = BoardMerger(shards, size, timeout or answer_time(interval)) if len(shards) > 1 else None
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
                others = [self._merger.other_revisions()] if self._merger else []
                result, *due = cast(list[Any], self._look(self._keys, [self._interval, *others]))
                if not due:
                    return Snapshot(result.decode())
                return self._publish(pipe, *due)
        return Snapshot("taken")

    def _publish(self, pipe: Any, slot: int, is_recorded: int) -> Snapshot:
        """Publish the boards as they are now, with a pipeline that watches what is published.

        Raises:
            WatchError: another caller was faster.
        """
        if self._merger and is_recorded:
            # Of a tick of the boards and one of the screens, whichever is later was read after the other one was
            # published: so the tape of several servers can be put in an order that has the rows of both.
            pipe.watch(keys.SCREENS_STATE)
        to_publish = self._read()
        snapshots = dict(zip(BOARDS, map(_ranked, to_publish.quotes), strict=True))
        about = {"slot": slot, **to_publish.about}
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
        return Snapshot("published", sum(map(len, to_publish.quotes)), to_publish.away)

    def _read(self) -> _ToPublish:
        if self._merger is None:
            moment = self._reader.read()
            quotes = [[quote for symbol in board if (quote := moment.quotes[symbol])] for board in moment.boards]
            return _ToPublish({"revision": moment.revision, "published_at": moment.time}, quotes)
        merged = self._merger.read()
        about: dict[str, int | str] = {
            "revision": merged.revisions.first,
            "others": merged.revisions.others,
            "published_at": merged.time,
            SESSION_FIELD: merged.session.number if merged.session else 0,
        }
        quotes = [[place.quote for place in board if place.quote] for board in merged.boards]
        return _ToPublish(about, quotes, merged.away)


def _ranked(quotes: Sequence[bytes]) -> bytes:
    """Rows as one JSON array, each with its rank first. A quote that has expired leaves no hole in the ranks."""
    return b"[%b]" % b",".join([b'{"rank":%d,%b' % (rank, quote[1:]) for rank, quote in enumerate(quotes, 1)])
