"""Publishes the boards."""

from dataclasses import dataclass
from typing import Any, Literal, cast

from redis import Redis

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


class Snapshots:
    """Publishes all boards, once per slot of `interval` seconds however many callers there are.

    Args:
        redis: the Redis of the boards.
        interval: seconds between snapshots.
        size: rows on a published board.
    """

    def __init__(self, redis: Redis, *, interval: float, size: int) -> None:
        self._publish = script.load(redis, "check.lua", "tape.lua", "snapshot.lua")
        self._tape = TapeWriter(redis)
        self._keys = [
            keys.SNAPSHOT,
            keys.TOTALS,
            *WHOLE_TAPE_KEYS,
            *(board.key for board in BOARDS),
            *(board.scanner for board in BOARDS),
        ]
        self._arguments: list[float | str] = [
            interval,
            size,
            keys.quote(""),
            SNAPSHOT_TTL,
            *(board.order for board in BOARDS),
        ]

    def publish(self) -> Snapshot:
        """Publish the current slot's snapshot, unless that is done already or nothing has changed.

        While somebody records, the digests of what was published go onto the tape. The script leaves them to its
        caller, for they would keep Redis busy.
        """
        result, *published = cast(list[Any], self._publish(self._keys, self._arguments))
        rows, *taped = published or [0]
        if taped:
            slot, *boards = taped
            digests = digests_text(zip((board.name for board in BOARDS), boards, strict=True))
            self._tape.append("digests", {"slot": slot, "boards": digests})
        return Snapshot(result.decode(), rows)
