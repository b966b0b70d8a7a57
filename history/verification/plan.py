"""Divides a day into portions that are verified apart, each from a stored state."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from history.fold.past_windows import LONGEST
from history.fold.recorded_day import RecordedDay, Start, Tick
from history.verification.verdict import Verdicts

#: Ticks, of boards and screens, that a portion has at least if it can.
_FEWEST = 1_800


@dataclass(frozen=True)
class Portion:
    """Ticks that follow from one state.

    Attributes:
        start: the state.
        before: ticks of the screens that are only needed for the windows of those behind them.
        ticks: that are compared, in the order of their revisions. Screens have their definitions.
        checkpoints: states that follow from it, which are compared too: up to the next portion's.
    """

    start: Start
    before: Sequence[Tick]
    ticks: Sequence[Tick]
    checkpoints: Sequence[Start]


@dataclass
class Plan:
    """What is to be verified of a day.

    Attributes:
        portions: in the order of time.
        left_out: the verdicts on ticks that cannot be compared.
    """

    portions: list[Portion] = field(default_factory=list)
    left_out: Verdicts = field(default_factory=Verdicts)

    @property
    def ticks(self) -> int:
        """How many are compared."""
        return sum(len(portion.ticks) for portion in self.portions)


class Planner:
    """Plans the verification of a day.

    Args:
        recorded: the day.
        interval: seconds between two ticks.
        screens: its ticks of the screens, with their definitions.
    """

    def __init__(self, recorded: RecordedDay, interval: float, screens: Sequence[Tick]) -> None:
        self._recorded = recorded
        self._longest = round(LONGEST / interval)
        self._boards = recorded.ticks("boards")
        self._screens = screens
        self._slots = [tick.slot for tick in self._screens]

    def plan(self, wanted: Callable[[int], bool]) -> Plan:
        """The plan for the ticks that were published at wanted times, Unix milliseconds."""
        plan = Plan()
        known: list[tuple[Start, Tick]] = []
        for tick in (*self._boards, *self._screens):
            if not wanted(tick.published_at):
                continue
            start = self._recorded.start_before(tick)
            if not tick.digests:
                plan.left_out.of(tick).undigested += 1
            elif start is None or (tick.kind == "screens" and not self._knows_windows(tick)):
                plan.left_out.of(tick).unknown += 1
            else:
                known.append((start, tick))
        known.sort(key=lambda each: (each[0], each[1].revision, each[1].position))
        whole: dict[Start, list[Tick]] = {}
        for start, tick in known:
            last = next(reversed(whole), start)
            # Each portion folds the ticks that its windows compare with, too: short ones are put together.
            if len(whole.get(last, [])) < _FEWEST and self._recorded.is_whole(last, tick) and last.knows(tick):
                start = last
            whole.setdefault(start, []).append(tick)
        following_starts = [*whole, None][1:]
        for (start, ticks), following in zip(whole.items(), following_starts, strict=True):
            end = following.position if following else ticks[-1].position
            plan.portions.append(self._portion(start, ticks, self._checkpoints(start, end)))
        return plan

    def _checkpoints(self, start: Start, end: int) -> list[Start]:
        """The states of one moment that follow from another one, up to a position."""
        following = (each for each in self._recorded.starts if start.position < each.position <= end)
        return [each for each in following if each.is_of_one_moment and self._recorded.is_whole(start, each)]

    def _portion(self, start: Start, ticks: list[Tick], checkpoints: list[Start]) -> Portion:
        slots = [tick.slot for tick in ticks if tick.kind == "screens"]
        if not slots:
            return Portion(start, [], ticks, checkpoints)
        first = self._oldest_needed(min(slots))
        before = self._screens[first : bisect_left(self._slots, min(slots))]
        # Those of a time before a gap are none that the windows need.
        before = [
            tick
            for tick in before
            if self._chain(tick) == self._chain(ticks[0]) and self._recorded.start_before(tick)
        ]
        earliest = self._recorded.start_before(before[0]) if before else None
        return Portion(earliest or start, before, ticks, checkpoints)

    def _oldest_needed(self, slot: int) -> int:
        """The index of the tick that a slot's longest window compares with, or else of the first one."""
        return max(0, bisect_right(self._slots, slot - self._longest) - 1)

    def _knows_windows(self, tick: Tick) -> bool:
        oldest = self._screens[self._oldest_needed(tick.slot)]
        if oldest.slot <= tick.slot - self._longest:
            return self._recorded.start_before(oldest) is not None and self._chain(oldest) == self._chain(tick)
        # There are none from before the day.
        return self._recorded.is_whole_before(tick) and not self._partial_before(tick)

    def _chain(self, tick: Tick) -> int:
        """A number that ticks share between which no entry is missing, and no tick of the screens is partial."""
        return sum(gap.after < tick.position for gap in self._recorded.gaps) + self._partial_before(tick)

    def _partial_before(self, tick: Tick) -> int:
        return bisect_left(self._recorded.partial, tick.position)
