"""How many workers a queue asks for: grows at once, shrinks one by one, and does not go back and forth."""

from dataclasses import dataclass, replace
from math import ceil

#: Bars, waiting or held, for each worker: about a second's work in the fast lane, and more than it takes ahead.
BARS_PER_WORKER = 5_000
#: Seconds for which fewer workers must have been enough before there is one less.
CALM = 30.0
#: Seconds after its end from which a bar that waits is late.
LATE = 5.0

# Share of what fewer workers may have to do before there are fewer: between this and the whole nothing changes.
_RELIEF = 0.5
# Bars that one fetch takes: fewer are no backlog, however old.
_FEW = 500
# Seconds from a worker's start until its work shows.
_SETTLING = 10.0
# Seconds: who has to grow again so soon has shrunk too early, and the next calm takes twice as long, at most the
# second figure.
_RELAPSE = 600.0
_LONGEST = 1_800.0


@dataclass(frozen=True)
class Sample:
    """What is seen at one moment.

    Attributes:
        waiting: bars in the queue.
        held: bars in workers' hands.
        age: seconds since the end of the oldest bar that waits; None: none waits, or nobody knows.
        workers: how many there are.
        at: the time, seconds from any start.
    """

    waiting: int
    held: int
    age: float | None
    workers: int
    at: float

    @property
    def depth(self) -> int:
        return self.waiting + self.held


@dataclass(frozen=True)
class Memory:
    """What a policy keeps in mind from one sample to the next. Times are a sample's.

    Attributes:
        calm_since: since when fewer workers would be enough; None: they would not.
        longer: how many times the policy's calm they must be.
        grown: when there last came to be more; None: never.
        shrunk: when there last came to be fewer; None: never.
    """

    calm_since: float | None = None
    longer: float = 1.0
    grown: float | None = None
    shrunk: float | None = None


@dataclass(frozen=True)
class Decision:
    """How many workers there should be, why, and what to keep in mind."""

    workers: int
    reason: str
    memory: Memory


@dataclass(frozen=True)
class Policy:
    """Decides by what a queue holds, and knows nothing of how it is carried out.

    * More bars than ``per_worker`` for each worker: as many more as they ask for, at once.
    * Bars that wait are late all the same: one more, and another when that one has had time to work.
    * Half of what one worker less could have on its hands, or less, throughout a calm: one less.
    * A worker that has to come back within ten minutes was let go too early: the next time calm takes twice as
      long, up to half an hour. So a steady load between what two sizes can do makes for ever rarer changes.

    Args:
        least, most: workers.
        per_worker: bars.
        calm: seconds.

    Raises:
        ValueError: there cannot be such a number of workers.
    """

    least: int
    most: int
    per_worker: int = BARS_PER_WORKER
    calm: float = CALM

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.most < 1:
            raise ValueError(f"from {self.least} to {self.most} workers: the first figure is the smaller one")
        if not 0 < self.calm < float("inf"):
            raise ValueError(f"{self.calm} seconds of calm: more than none")
        if self.per_worker < 1:
            raise ValueError(f"{self.per_worker} bars for each worker: at least one")

    def decide(self, sample: Sample, memory: Memory) -> Decision:
        """What to do about a sample; the first one comes with an empty memory."""
        if not self.least <= sample.workers <= self.most:
            workers = self._bounded(sample.workers)
            return Decision(workers, f"from {self.least} to {self.most} are wanted", memory)
        asked = self._bounded(ceil(sample.depth / self.per_worker))
        if asked > sample.workers:
            reason = f"{sample.depth:,} bars ask for {asked}, one for each {self.per_worker:,}"
            return Decision(asked, reason, self._grown(memory, sample.at))
        late = sample.age is not None and sample.age > LATE and sample.waiting > _FEW
        if late and sample.workers < self.most and _settled(memory, sample.at):
            reason = f"the oldest bar ended {sample.age:.1f} s ago, more than {LATE:g}"
            return Decision(sample.workers + 1, reason, self._grown(memory, sample.at))
        if late or sample.workers == self.least or sample.depth > self._relief(sample.workers - 1):
            return Decision(sample.workers, "as many as it takes", replace(memory, calm_since=None))
        return self._calm(sample, memory)

    def _calm(self, sample: Sample, memory: Memory) -> Decision:
        since = sample.at if memory.calm_since is None else memory.calm_since
        if sample.at - since < memory.longer * self.calm:
            return Decision(sample.workers, "calm, not for long enough", replace(memory, calm_since=since))
        reason = f"for {sample.at - since:.0f} s one less would have been enough"
        # The next one's calm begins now.
        return Decision(sample.workers - 1, reason, replace(memory, calm_since=sample.at, shrunk=sample.at))

    def _relief(self, workers: int) -> float:
        """Bars, of which so many workers have no more than half of what would ask for another one."""
        return _RELIEF * self.per_worker * workers

    def _grown(self, memory: Memory, now: float) -> Memory:
        longer = memory.longer
        # Twice in one relapse is one relapse.
        if memory.shrunk is None or memory.grown is None or memory.grown <= memory.shrunk:
            relapsed = memory.shrunk is not None and now - memory.shrunk < _RELAPSE
            longer = max(1.0, min(2 * longer, _LONGEST / self.calm)) if relapsed else 1.0
        return replace(memory, calm_since=None, longer=longer, grown=now)

    def _bounded(self, workers: int) -> int:
        return min(max(workers, self.least), self.most)


def _settled(memory: Memory, now: float) -> bool:
    return memory.grown is None or now - memory.grown >= _SETTLING
