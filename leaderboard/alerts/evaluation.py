"""Evaluates rules over the whole market at a tick: a function of the state before, the market and the tick."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboard.alerts.events import LEAST_SPIKE, SPIKE_VOLUME, SPIKES, Event, EventKind
from leaderboard.alerts.places import Places
from leaderboard.alerts.rule import Rule
from leaderboard.alerts.state import SPENT, Memory, State, digest
from leaderboard.market.selection import Condition, Operator
from leaderboard.market.table import MarketTable, Numbers, Rows

#: Alerts of one tick at most. Those of the first rules come first, and of one rule those of the first symbols.
#: What fires beyond is left out.
MOST_ALERTS = 1_000

#: Seconds after a tick of the day before within which a day counts as just begun.
LONGEST_ABSENCE = 60

Satisfied = NDArray[np.bool_]

_EXTREMES = {EventKind.NEW_HIGH: "day_high", EventKind.NEW_LOW: "day_low"}
_ABOVE_PRE_HIGH = (
    Condition("pre_high", Operator.GREATER, 0.0),
    Condition("close", Operator.GREATER, 1.0, "pre_high"),
)
_SPIKE_PRICES = np.array([price for price, _ in SPIKES])
_SPIKE_PERCENTS = np.array([*(percent for _, percent in SPIKES), LEAST_SPIKE])


class Fired(NamedTuple):
    """A rule that has fired for the symbol of a row number."""

    rule: Rule
    row: int


class Evaluated(NamedTuple):
    """What a tick brought.

    Attributes:
        state: after it.
        fired: in the order of the rules, then of the symbols; at most :data:`MOST_ALERTS`.
        left_out: how many more fired.
        is_anew: it follows from no earlier tick: what symbols satisfied before is not known.
    """

    state: State
    fired: Sequence[Fired]
    left_out: int
    is_anew: bool


def second_of(slot: int, interval: float) -> int:
    """The second of a tick, in Unix time, by which holds and cooldowns are counted and ids are named.

    Args:
        slot: of the tick.
        interval: seconds between two ticks.
    """
    # The quotient of slot and interval is not always exact: 3 times 0.1 is a little more than 0.3.
    return int(slot * interval + 1e-6)


def evaluate(
    state: State, rules: Sequence[Rule], table: MarketTable, places: Places, slot: int, interval: float
) -> Evaluated:
    """Evaluate a tick.

    On a day that has just begun nothing was satisfied before. A rule of which the state knows nothing, for it has
    just been declared or the state was lost, does not fire for what symbols satisfy already. Nor
    does a rule that names a screen which has just been declared, or is declared otherwise than before.

    Args:
        state: after the tick before.
        rules: which.
        table: the market as it is at the tick.
        places: of its boards and screens.
        slot: of the tick.
        interval: seconds between two ticks.
    """
    day = table.session.day_number if table.session else 0
    is_of_day = state.day == day
    has_begun = not is_of_day and not state.is_unknown and (slot - state.slot) * interval <= LONGEST_ABSENCE
    is_anew = state.is_unknown or not (is_of_day or has_begun)
    before = state if is_of_day else State()
    second = second_of(slot, interval)
    market = _Market(table, places, before.extremes)
    memories: dict[bytes, Memory] = {}
    fired: list[Fired] = []
    for rule in rules:
        satisfied, key = market.satisfying(rule), digest(rule, places.declared(rule.event))
        known = before.memories.get(key) or (Memory.empty() if has_begun else None)
        memories[key], fires = _step(rule, satisfied, known, second)
        fired += (Fired(rule, row) for row in market.by_symbol(fires))
    asked = {_EXTREMES[rule.event.kind] for rule in rules if rule.event and rule.event.is_momentary}
    extremes = {name: table.column(name).copy() for name in sorted(asked)}
    after = State(slot, day, memories, extremes)
    return Evaluated(after, fired[:MOST_ALERTS], max(0, len(fired) - MOST_ALERTS), is_anew)


def _step(rule: Rule, satisfied: Satisfied, before: Memory | None, second: int) -> tuple[Memory, Rows]:
    """What a rule remembers after a tick, and the rows for which it fires.

    Args:
        rule: the rule.
        satisfied: by row number, whether the row satisfies the rule.
        before: what it remembered; None: nothing is known.
        second: of the tick.
    """
    known = before or Memory.empty()
    # Most rows neither satisfy the rule nor are remembered.
    concerned = satisfied.copy()
    concerned[known.rows] = True
    rows = np.flatnonzero(concerned)
    since, fired = np.zeros((2, len(rows)), np.int64)
    places = np.searchsorted(rows, known.rows)
    since[places], fired[places] = known.since, known.fired
    satisfies = satisfied[rows]
    if rule.event and rule.event.is_momentary:
        due = satisfies
    else:
        came = satisfies & (since == 0)
        since[came] = SPENT if before is None else second
        since[~satisfies] = 0
        due = (since > 0) & (since <= second - rule.hold)
        since[due] = SPENT
    # An id names the second, so there is one alert in it at most.
    is_quiet = (fired > 0) & (fired > second - max(rule.cooldown, 1))
    fires = due & ~is_quiet
    fired[~is_quiet] = 0
    fired[fires] = second
    kept = (since != 0) | (fired != 0)
    return Memory(rows[kept], since[kept], fired[kept]), rows[fires]


class _Market:
    """Answers which rows satisfy a rule at a tick."""

    def __init__(self, table: MarketTable, places: Places, extremes: Mapping[str, Numbers]) -> None:
        self._table = table
        self._places = places
        self._extremes = extremes

    def satisfying(self, rule: Rule) -> Satisfied:
        """By row number, whether the row satisfies all that a rule asks for."""
        satisfied = self._table.satisfying(rule.conditions, rule.hours)
        return satisfied & self._happens(rule.event) if rule.event else satisfied

    def by_symbol(self, rows: Rows) -> list[int]:
        """Row numbers in the order of their symbols."""
        return sorted(rows.tolist(), key=self._table.symbols.__getitem__)

    def _happens(self, event: Event) -> Satisfied:
        match event.kind:
            case EventKind.NEW_HIGH:
                return self._table.column("day_high") > self._before("day_high")
            case EventKind.NEW_LOW:
                return self._table.column("day_low") < self._before("day_low")
            case EventKind.ABOVE_PRE_HIGH:
                return self._table.satisfying(_ABOVE_PRE_HIGH)
            case EventKind.SPIKE:
                return self._spikes()
            case EventKind.ENTERS:
                among = np.zeros(len(self._table), bool)
                among[self._places.first(event)] = True
                return among

    def _before(self, name: str) -> Numbers:
        """A field's values at the tick before; NaN, which nothing is above or below: not known."""
        values = self._extremes.get(name, np.empty(0))
        return np.pad(values, (0, len(self._table) - len(values)), constant_values=np.nan)

    def _spikes(self) -> Satisfied:
        least = _SPIKE_PERCENTS[np.searchsorted(_SPIKE_PRICES, self._table.column("close"), side="right")]
        is_steep: Satisfied = self._table.column("pct_change_1m") >= least
        return is_steep & (self._table.column("volume_1m") > SPIKE_VOLUME)
