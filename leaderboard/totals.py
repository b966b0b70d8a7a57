"""What the whole cluster has done, as the scripts count it in Redis."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Totals:
    """Counts since the hash was made. A batch that a worker repeats, unsure of the first attempt, counts twice.

    Attributes:
        applied: events that changed their symbol's row.
        stale: events behind their symbol's newest one.
        late: events of an earlier day than the boards show.
        early: events that came before their session; each counts again once it is applied.
        beyond: events of symbols beyond the bound of a day's; they are among the dead.
        folded: events left out in favour of a newer one of their symbol, by conflation.
        dead: payloads refused and kept as dead letters.
        published: snapshots sent.
        lag: sum of `lags`, seconds.
        lags: how often it was noted how long after its end a symbol's newest event was applied; it is not where
            that was a day or more, as in a replay.
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
        """Events taken in, whatever became of them."""
        return self.applied + self.stale + self.late + self.folded + self.dead

    @classmethod
    def parse(cls, held: Mapping[bytes, bytes]) -> Self:
        """The totals of what ``HGETALL`` tells of :data:`leaderboard.keys.TOTALS`.

        Counts that a later release adds are passed over: in an upgrade its scripts run before all readers know.
        """
        counts = {name.decode(): int(count) for name, count in held.items()}
        lag = counts.pop("lag_ms", 0) / 1000
        known = {field.name for field in fields(cls)}
        return cls(**{name: count for name, count in counts.items() if name in known}, lag=lag)
