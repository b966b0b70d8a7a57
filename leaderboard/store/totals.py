"""Counts of the whole cluster, which the scripts keep in Redis."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import accumulate
from typing import Self

from leaderboard.reason_kind import ReasonKind

#: Upper bounds of the lag histogram's buckets, seconds. One more bucket has the lags above the last bound.
LAG_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
#: The same in milliseconds, as ``apply.lua`` counts: lags are whole milliseconds.
LAG_BOUNDS_MS = tuple(round(bound * 1000) for bound in LAG_BOUNDS)

# Fields of the hash: a bucket by its upper bound in milliseconds, the sum of the lags, dead letters by kind.
_BUCKET = re.compile(r"lag_to_(\d+|inf)")
_LAG_SUM = "lag_sum_ms"
_DEAD = "dead_"


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
        dead_by_kind: the same dead letters by the kind of their reason, every kind; their sum is `dead`.
        lag: sum of all measured lags, seconds. A lag is the time from the end of a symbol's newest event until it
            was applied; one of a day or more, as in a replay, is not measured.
        lag_counts: how many of them are in each bucket, above the bound before and up to its own: one count for
            each of :data:`LAG_BOUNDS`, and one for longer lags.
    """

    applied: int = 0
    stale: int = 0
    late: int = 0
    beyond: int = 0
    early: int = 0
    folded: int = 0
    dead: int = 0
    published: int = 0
    dead_by_kind: Mapping[ReasonKind, int] = field(default_factory=lambda: dict.fromkeys(ReasonKind, 0))
    lag: float = 0.0
    lag_counts: tuple[int, ...] = (0,) * (len(LAG_BOUNDS) + 1)

    @property
    def processed(self) -> int:
        """All events that were processed, whatever the outcome."""
        return self.applied + self.stale + self.late + self.folded + self.dead

    @property
    def lags(self) -> int:
        """Number of measured lags."""
        return sum(self.lag_counts)

    @property
    def lag_buckets(self) -> list[int]:
        """How many lags are up to each bound, as a histogram of Prometheus has it; the last is :attr:`lags`."""
        return [*accumulate(self.lag_counts)]

    @classmethod
    def parse(cls, held: Mapping[bytes, bytes]) -> Self:
        """The totals from ``HGETALL`` of :data:`leaderboard.keys.TOTALS`.

        Other fields are ignored: during an upgrade, scripts of another release write counts that this one does
        not know. An older one writes ``lags`` and ``lag_ms``, lags without buckets: no part of the histogram.
        """
        counts = {name.decode(): int(count) for name, count in held.items()}
        known = {each.name for each in fields(cls) if each.type is int} & counts.keys()
        return cls(
            **{name: counts[name] for name in known},
            dead_by_kind=_dead_by_kind(counts),
            lag=counts.get(_LAG_SUM, 0) / 1000,
            lag_counts=_lag_counts(counts),
        )


def _dead_by_kind(counts: Mapping[str, int]) -> dict[ReasonKind, int]:
    by_kind = {kind: counts.get(_DEAD + kind, 0) for kind in ReasonKind}
    # Scripts of an older release count no kinds.
    by_kind[ReasonKind.UNKNOWN] += counts.get("dead", 0) - sum(by_kind.values())
    return by_kind


def _lag_counts(counts: Mapping[str, int]) -> tuple[int, ...]:
    """The buckets. One of a bound that only another release has is added to the one that encloses it."""
    in_buckets = [0] * (len(LAG_BOUNDS_MS) + 1)
    for name, count in counts.items():
        if bucket := _BUCKET.fullmatch(name):
            in_buckets[bisect_left(LAG_BOUNDS_MS, float(bucket[1]))] += count
    return tuple(in_buckets)
