"""What a long run showed."""

from collections.abc import Iterator, Sequence
from statistics import linear_regression
from typing import Any

import msgspec

from bench.soak.clients import WINDOW, Lag
from bench.soak.watch import Publication, Sample
from leaderboard.boards import BOARDS

#: Part of the run that is left out where growth is looked for: processes take what they need, keys come.
WARM_UP = 0.25
#: Parts of its memory, and MB, by which a process may have grown since, as a fitted line says.
GROWTH, GROWTH_MB = 0.05, 4.0
#: Seconds after the first bar and before the last one that may have no snapshot of their own.
EDGE = 2
#: Seconds by which snapshots may come sooner or later in their second at the end than in the beginning, where a
#: third of them are so many: of a few, one or two late ones would make the median.
DRIFT, TELLING = 0.1, 20


class Findings(msgspec.Struct):
    """Everything that was seen.

    Attributes:
        machine: where.
        rate, symbols, clients: bars a second, of how many symbols; WebSocket clients.
        first: the second in which the first bar ended, Unix time.
        sent: bars.
        missing: bars that were neither applied nor behind newer ones.
        wrong: symbols whose row is not their last bar's.
        left: messages queued or in hand at the end.
        dead: dead letters.
        behind: seconds that the producer itself was late, at worst; the lag of its bars' quotes has them too.
        boards: published boards that each client of boards got.
        dropped: clients whose connection ended before they left.
        samples: by time.
        publications: snapshots as they came.
        lags: of quotes at a client.
    """

    machine: dict[str, str]
    rate: int
    symbols: int
    clients: int
    first: int
    sent: int
    missing: int
    wrong: int
    left: int
    dead: int
    behind: float
    boards: list[int]
    dropped: int
    samples: list[Sample]
    publications: list[Publication]
    lags: list[Lag]

    # --- memory

    def memory(self) -> Iterator[tuple[str, list[float]]]:
        """Of each process and of Redis's data, MB by time."""
        for name in self.samples[0].memory:
            yield name, [sample.memory[name] for sample in self.samples]
        yield "data in Redis", [sample.redis for sample in self.samples]

    def growth(self, sizes: Sequence[float]) -> float:
        """MB by which a line through what came after the warm-up rises, from its beginning to the end."""
        first = int(len(sizes) * WARM_UP)
        times = [sample.at for sample in self.samples[first:]]
        if len(times) < 2:
            return 0.0
        return linear_regression(times, sizes[first:]).slope * (times[-1] - times[0])

    # --- keys

    def keys(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many keys of each family there were after the warm-up, and at the end."""
        counted = [(sample.at, sample.keys) for sample in self.samples if sample.keys is not None]
        warm = [counts for at, counts in counted if at >= self.samples[-1].at * WARM_UP]
        return (warm or [counted[-1][1]])[0], counted[-1][1]

    # --- publishing

    def busy(self) -> tuple[int, int]:
        """The first and the last second that must have a snapshot, as bars came before it and in it."""
        return self.first + EDGE, self.first + round(self.sent / self.rate) - 1 - EDGE

    def missed(self) -> int:
        """Seconds without a snapshot, of the busy ones and of those between the first snapshot and the last."""
        first, last = self.busy()
        slots = {each.slot for each in self.publications}
        return max([last, *slots]) - min([first, *slots]) + 1 - len(slots)

    def doubled(self) -> int:
        return len(self.publications) - len({each.slot for each in self.publications})

    def offsets(self) -> list[float]:
        """Seconds from the beginning of each snapshot's second to its coming."""
        return [each.at - each.slot for each in self.publications]

    def drift(self) -> float:
        """Seconds by which snapshots come later in their second in the last third of the run than in the first."""
        before, after = (quantile(offsets, 0.5) for offsets in thirds(self.offsets()))
        return after - before

    # --- what clients got

    def due(self) -> int:
        """Published boards that a client of boards must have got."""
        first, last = self.busy()
        return len(BOARDS) * (last - first + 1)

    def silent(self) -> int:
        """Windows of the busy seconds in which no quote came."""
        first, last = (second // WINDOW for second in self.busy())
        heard = {int(each.at) // WINDOW - 1 for each in self.lags if each.quotes}
        return len(set(range(first, last + 1)) - heard)

    # --- judgement

    def faults(self) -> list[str]:
        """What was not as it should be."""
        found = []
        for count, what in (
            (self.missing, "bars missing"),
            (self.wrong, "rows wrong"),
            (self.left, "messages left"),
            (self.dead, "dead letters"),
            (self.dropped, "clients dropped by the gateway"),
            (self.missed(), "seconds without a snapshot"),
            (self.doubled(), "snapshots of a second that had one"),
            (self.silent(), f"times {WINDOW} s without a quote"),
        ):
            if count:
                found.append(f"{count} {what}")
        fewest = min(self.boards, default=0)
        if fewest < self.due():
            found.append(f"a client of boards got {fewest} of {self.due()}")
        if len(self.publications) >= 3 * TELLING and abs(self.drift()) > DRIFT:
            found.append(f"snapshots come {self.drift() * 1e3:+.0f} ms later in their second")
        for name, sizes in self.memory():
            grown = self.growth(sizes)
            if grown > max(GROWTH_MB, GROWTH * sizes[-1]):
                found.append(f"{name} grew by {grown:.1f} MB")
        before, after = self.keys()
        found += [
            f"{family}: {before.get(family, 0)} keys, then {count}"
            for family, count in after.items()
            # The queue's own come and go.
            if count > before.get(family, 0) and not family.startswith("broker: ")
        ]
        return found

    def json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def thirds(values: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """The first third of them and the last."""
    third = max(1, len(values) // 3)
    return values[:third], values[-third:]
