"""The alerts that rules fire over a recorded day."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from config.settings import settings
from history.archive.day import Day
from history.fold.past_windows import PastWindows
from history.fold.recorded_day import RecordedDay, Start, Tick
from history.queries.connection import connection
from history.queries.definitions import screen_ticks, screens_of
from leaderboard.alerts.alert import Alert
from leaderboard.alerts.evaluation import evaluate, second_of
from leaderboard.alerts.messages import alerts_of
from leaderboard.alerts.places import Places
from leaderboard.alerts.rule import Rule
from leaderboard.alerts.state import State


class _Run(NamedTuple):
    """Ticks between which nothing is missing, and where a fold of them begins."""

    start: Start
    ticks: list[Tick]


class PastAlerts:
    """Evaluates rules over a recorded day, at the ticks at which clock workers have evaluated theirs.

    The ids are those that the same rules have fired live, if the day was recorded from its beginning and has no
    gaps. Screens that rules name are those that each tick has published, also where their file changed that day.
    Where recording began later, and behind a gap, nothing is known of before: what symbols satisfy at the first
    tick does not fire, and windows are null for their first minutes.

    Args:
        day: which.
        rules: which.

    Attributes:
        ticks: how many there are to evaluate.
        unknown: ticks that cannot be evaluated, since it is not known how the market was then.
        missing: names of screens that rules name, and that no tick has published.

    Raises:
        duckdb.Error: a file cannot be read.
    """

    def __init__(self, day: Day, rules: Sequence[Rule]) -> None:
        self._recorded = RecordedDay(day, connection())
        self._rules = rules
        self._interval = settings().publish_interval
        self._anew = self._recorded.alerts_anew()
        ticks = screen_ticks(day.folder.parent, self._recorded)
        self._runs = _runs(self._recorded, ticks)
        self.ticks = sum(len(run.ticks) for run in self._runs)
        self.unknown = len(ticks) - self.ticks
        named = {rule.event.board for rule in rules if rule.event and rule.event.names_screen}
        published = {screen.name for each in {tick.definitions for tick in ticks} for screen in screens_of(each)}
        self.missing = sorted(named - published)

    def each_tick(self) -> Iterator[list[Alert]]:
        """The alerts of each tick, in the order of time."""
        profiles = self._recorded.profiles()
        for start, ticks in self._runs:
            # A day that is recorded from its beginning follows the tick before it.
            state = State() if start.session else State(ticks[0].slot - 1)
            windows: PastWindows | None = None
            stops = [(tick.position, tick.revision) for tick in ticks]
            for tick, fold in zip(ticks, self._recorded.stops(start, stops, profiles), strict=True):
                windows = windows or PastWindows(fold, self._interval)
                fold.settle()
                windows.put(tick.slot)
                state = State() if tick.position in self._anew else state
                places = Places(fold.table, screens_of(tick.definitions))
                evaluated = evaluate(state, self._rules, fold.table, places, tick.slot, self._interval)
                state = evaluated.state
                second = second_of(tick.slot, self._interval)
                yield [*alerts_of(evaluated.fired, fold.table, places, second, tick.published_at)]


def _runs(recorded: RecordedDay, ticks: Sequence[Tick]) -> list[_Run]:
    runs: list[_Run] = []
    for tick in ticks:
        if runs and runs[-1].start.knows(tick) and recorded.is_whole(runs[-1].start, tick):
            runs[-1].ticks.append(tick)
        elif start := recorded.start_before(tick):
            runs.append(_Run(start, [tick]))
    return runs
