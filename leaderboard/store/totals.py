"""Counts of the whole cluster, which the scripts keep in Redis."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Totals:
    """Counts since the hash was made. A batch whose reply was lost is retried and counts twice.

    Attributes:
        applied: events that changed their symbol's row.
        stale: events older than their symbol's newest one.
        late: events of an earlier day than the boards show.
        early: events that arrived before their session started; each is counted again when it is applied.
        beyond: events refused as the day has too many symbols; `dead` counts them too.
        folded: events left out in favour of a newer one of their symbol, by conflation.
        dead: payloads that became dead letters.
        published: snapshots sent.
        lag: sum of all measured lags, seconds.
        lags: number of measured lags. A lag is the time from the end of a symbol's newest event until it was
            applied; one of a day or more, as in a replay, is not counted.
    """

    applied: int = 0
    stale: int = 0
    late: int = 0
    beyond: int = 0
    early: int = 0
    folded: int = 0
    dead: int = 0
    published: int = 0
    lag: float = 0.0
    lags: int = 0

    @property
    def processed(self) -> int:
        """All events that were processed, whatever the outcome."""
        return self.applied + self.stale + self.late + self.folded + self.dead

    @classmethod
    def parse(cls, held: Mapping[bytes, bytes]) -> Self:
        """The totals from ``HGETALL`` of :data:`leaderboard.keys.TOTALS`.

        Unknown counts are ignored: during an upgrade newer scripts write counts that this release does not know.
        """
        counts = {name.decode(): int(count) for name, count in held.items()}
        lag = counts.pop("lag_ms", 0) / 1000
        known = {field.name for field in fields(cls)}
        return cls(**{name: count for name, count in counts.items() if name in known}, lag=lag)
