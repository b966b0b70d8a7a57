"""Publishes the boards."""

from dataclasses import dataclass
from typing import Literal, cast

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.scripts import script
from leaderboard.store.store import ROW_TTL

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
        self._publish = script.load(redis, "check.lua", "snapshot.lua")
        self._keys = [
            keys.REVISION,
            keys.SNAPSHOT,
            keys.TOTALS,
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
        """Publish the current slot's snapshot, unless that is done already or nothing has changed."""
        result, *rows = cast(list[bytes], self._publish(self._keys, self._arguments))
        return Snapshot(result.decode(), *rows)  # type: ignore[arg-type]
