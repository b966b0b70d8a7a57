"""The figures of a soak test, and what is wrong with them."""

from collections.abc import Iterator, Sequence
from statistics import linear_regression
from typing import Any

import msgspec

from bench.soak.clients import WINDOW, Lag
from bench.soak.watch import Publication, Sample
from leaderboard.boards import BOARDS

#: Share of the run that growth ignores: at first processes allocate their buffers, and keys are created.
WARM_UP = 0.25
#: A process may grow by this share of its memory, or by so many MB, along a fitted line.
GROWTH, GROWTH_MB = 0.05, 4.0
#: Seconds after the first bar, and before the last, that may lack a snapshot.
EDGE = 2
#: Seconds by which the time of snapshots within their second may drift during the run, and how many snapshots a
#: third of the run must have for this check: the median of a few is not reliable.
DRIFT, TELLING = 0.1, 20


class Findings(msgspec.Struct):
    """All figures.

    Attributes:
        machine: where they were measured.
        rate, symbols, clients: bars a second, of how many symbols; WebSocket clients.
        first: the second in which the first bar ended, Unix time.
        sent: bars.
        missing: bars that were not processed.
        wrong: symbols whose row is not their last bar's.
        left: messages queued or in flight at the end.
        dead: dead letters.
        behind: seconds by which the producer was late, at most. They are part of the quotes' lag.
        boards: published boards that each client of boards got.
        dropped: clients whose connection ended before they left.
        samples: by time.
        publications: the snapshots.
        lags: of quotes at a client.
        tried: the seconds in which somebody tried to publish, as Unix time.
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
    tried: list[int]

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
        """The first and the last second that must have a snapshot: bars ended before it and in it."""
        return self.first + EDGE, self.first + round(self.sent / self.rate) - 1 - EDGE

    def missed(self) -> list[int]:
        """Seconds without a snapshot, of the busy ones and of those between the first snapshot and the last."""
        first, last = self.busy()
        slots = {each.slot for each in self.publications}
        return [slot for slot in range(min([first, *slots]), max([last, *slots]) + 1) if slot not in slots]

    def untried(self) -> list[int]:
        """The missed seconds in which nobody tried to publish: beats, clock worker or Redis were late.

        In the other missed seconds no bar was applied, or publishing failed.
        """
        return sorted(set(self.missed()) - set(self.tried))

    def doubled(self) -> int:
        return len(self.publications) - len({each.slot for each in self.publications})

    def offsets(self) -> list[float]:
        """Seconds from the beginning of each snapshot's second to its arrival."""
        return [each.at - each.slot for each in self.publications]

    def drift(self) -> float:
        """Seconds by which snapshots come later in their second in the last third of the run than in the first."""
        before, after = (quantile(offsets, 0.5) for offsets in thirds(self.offsets()))
        return after - before

    # --- what clients got

    def expected_boards(self) -> int:
        """The number of published boards that a client of boards must have received."""
        first, last = self.busy()
        return len(BOARDS) * (last - first + 1)

    def silent(self) -> int:
        """Windows of the busy seconds without a quote."""
        first, last = (second // WINDOW for second in self.busy())
        heard = {int(each.at) // WINDOW - 1 for each in self.lags if each.quotes}
        return len(set(range(first, last + 1)) - heard)

    # --- judgement

    def faults(self) -> list[str]:
        """What is wrong, one sentence each."""
        found = []
        for count, what in (
            (self.missing, "bars missing"),
            (self.wrong, "rows wrong"),
            (self.left, "messages left"),
            (self.dead, "dead letters"),
            (self.dropped, "clients dropped by the gateway"),
            (len(self.missed()), "seconds without a snapshot"),
            (self.doubled(), "snapshots of a second that had one"),
            (self.silent(), f"times {WINDOW} s without a quote"),
        ):
            if count:
                found.append(f"{count} {what}")
        fewest = min(self.boards, default=0)
        if fewest < self.expected_boards():
            found.append(f"a client of boards got {fewest} of {self.expected_boards()}")
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
            # Keys of the queue come and go.
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
