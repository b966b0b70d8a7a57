"""How many workers a queue needs: scale out at once, scale in one by one after a cooldown, without oscillating."""

from dataclasses import dataclass, replace
from math import ceil

#: Bars, waiting or in flight, for each worker: about a second's work in the fast lane, and more than it
#: prefetches.
BARS_PER_WORKER = 5_000
#: Seconds for which one worker less must have been enough before there is one less.
COOLDOWN = 30.0
#: Seconds after its end from which a bar that waits is late.
LATE = 5.0

# Hysteresis: there is one worker less only if the rest would have this share of their capacity to do, or less.
_SCALE_IN_LOAD = 0.5
# Bars that one fetch takes: fewer are no backlog, however old.
_FEW = 500
# Seconds from a worker's start until its work shows.
_SETTLING = 10.0
# A scale-in that was reversed within so many seconds came too early.
_REVERSED_WITHIN = 1_200.0
# Seconds that a cooldown lasts at most, however many scale-ins were reversed.
_LONGEST_COOLDOWN = 1_800.0


@dataclass(frozen=True)
class Sample:
    """What is seen at one moment.

    Attributes:
        waiting: bars in the queue.
        in_flight: bars delivered to workers and not acknowledged.
        age: seconds since the end of the oldest bar that waits; None if none waits, or it is unknown.
        workers: how many there are.
        at: the time, seconds from any start.
    """

    waiting: int
    in_flight: int
    age: float | None
    workers: int
    at: float

    @property
    def depth(self) -> int:
        return self.waiting + self.in_flight


@dataclass(frozen=True)
class Memory:
    """What a policy remembers from one sample to the next. Times are samples' times.

    Attributes:
        cooling_since: since when one worker less would have been enough; None if it would not be.
        cooldown_factor: times the policy's cooldown that the next one lasts.
        scaled_out_at: time of the last scale-out; None if there was none.
        scaled_in_at: time of the last scale-in; None if there was none.
    """

    cooling_since: float | None = None
    cooldown_factor: float = 1.0
    scaled_out_at: float | None = None
    scaled_in_at: float | None = None


@dataclass(frozen=True)
class Decision:
    """How many workers there should be, why, and what to remember."""

    workers: int
    reason: str
    memory: Memory


@dataclass(frozen=True)
class Policy:
    """Decides from samples alone; others carry it out.

    * Scale out at once to one worker for each ``per_worker`` bars.
    * Scale out by one if bars are late all the same, and again once that worker has had time to work.
    * Scale in by one after a cooldown in which the other workers would have been half loaded at most.
    * If a scale-in was reversed within twenty minutes, the next one waits twice as long, up to half an hour. If it
      was reversed later, the next one waits half as long. So a load between two sizes rarely changes the size.

    Args:
        least, most: workers.
        per_worker: bars.
        cooldown: seconds.

    Raises:
        ValueError: an argument is out of range.
    """

    least: int
    most: int
    per_worker: int = BARS_PER_WORKER
    cooldown: float = COOLDOWN

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most or self.most < 1:
            raise ValueError(f"from {self.least} to {self.most} workers: the first figure is the smaller one")
        if not 0 < self.cooldown < float("inf"):
            raise ValueError(f"{self.cooldown} seconds of cooldown: more than none")
        if self.per_worker < 1:
            raise ValueError(f"{self.per_worker} bars for each worker: at least one")

    def decide(self, sample: Sample, memory: Memory) -> Decision:
        """How many workers there should be; the first sample comes with an empty memory."""
        if not self.least <= sample.workers <= self.most:
            workers = self._bounded(sample.workers)
            return Decision(workers, f"there are {self.least} workers at least and {self.most} at most", memory)
        needed = self._bounded(ceil(sample.depth / self.per_worker))
        if needed > sample.workers:
            reason = f"{sample.depth:,} bars need {needed}, one for each {self.per_worker:,}"
            return Decision(needed, reason, self._scaled_out(memory, sample.at))
        late = sample.age is not None and sample.age > LATE and sample.waiting > _FEW
        if late and sample.workers < self.most and _settled(memory, sample.at):
            reason = f"the oldest bar ended {sample.age:.1f} s ago, more than {LATE:g}"
            return Decision(sample.workers + 1, reason, self._scaled_out(memory, sample.at))
        if late or sample.workers == self.least or sample.depth > self._scale_in_depth(sample.workers - 1):
            return Decision(sample.workers, "as many as are needed", replace(memory, cooling_since=None))
        return self._cool_down(sample, memory)

    def _cool_down(self, sample: Sample, memory: Memory) -> Decision:
        since = sample.at if memory.cooling_since is None else memory.cooling_since
        if sample.at - since < memory.cooldown_factor * self.cooldown:
            return Decision(sample.workers, "the cooldown is not over", replace(memory, cooling_since=since))
        reason = f"for {sample.at - since:.0f} s one less would have been enough"
        # The next cooldown begins now.
        memory = replace(memory, cooling_since=sample.at, scaled_in_at=sample.at)
        return Decision(sample.workers - 1, reason, memory)

    def _scale_in_depth(self, workers: int) -> float:
        """The depth up to which so many workers are enough, with room to spare."""
        return _SCALE_IN_LOAD * self.per_worker * workers

    def _scaled_out(self, memory: Memory, now: float) -> Memory:
        factor, scaled_in, scaled_out = memory.cooldown_factor, memory.scaled_in_at, memory.scaled_out_at
        # Only the first scale-out after a scale-in can reverse it.
        if scaled_in is None or scaled_out is None or scaled_out <= scaled_in:
            reversed_early = scaled_in is not None and now - scaled_in < _REVERSED_WITHIN
            # Halved, not forgotten: else a load between two sizes would begin to oscillate anew.
            factor = max(1.0, min(2 * factor, _LONGEST_COOLDOWN / self.cooldown) if reversed_early else factor / 2)
        return replace(memory, cooling_since=None, cooldown_factor=factor, scaled_out_at=now)

    def _bounded(self, workers: int) -> int:
        return min(max(workers, self.least), self.most)


def _settled(memory: Memory, now: float) -> bool:
    return memory.scaled_out_at is None or now - memory.scaled_out_at >= _SETTLING
