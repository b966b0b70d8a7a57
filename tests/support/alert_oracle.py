"""A slow, plain model of alerts: which rules fire at a tick, and for whom.

As the oracle of the boards it shares no code with the system: it only reads which boards there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leaderboard.boards import BY_NAME
from tests.support.oracle import best_first, read_bar, session_of
from tests.support.screen_oracle import Screen, satisfies_all, screened

Row = Mapping[str, Any]

# A price below which a rise of so many percent within a minute is a spike.
SPIKES = [(1, 10), (2, 8), (4, 6), (8, 4), (10, 2), (float("inf"), 1)]
#: Seconds without a tick after which a new day is not seen from its beginning.
LONGEST_ABSENCE = 60


@dataclass(frozen=True)
class Rule:
    """A rule as a user declares it."""

    name: str
    when: Sequence[str] = ()
    event: str = ""
    where: Sequence[str] = ()
    hours: Sequence[str] = ()
    hold: int = 0
    cooldown: int = 60

    @property
    def is_momentary(self) -> bool:
        return self.event in ("new_high", "new_low")

    @property
    def board(self) -> str:
        """The board or screen that it waits for symbols to enter; empty: it waits for something else."""
        return self.event.split(":")[1] if self.event.startswith("enters:") else ""


def as_toml(rules: Sequence[Rule]) -> str:
    """A file that declares rules."""
    return "\n".join(_table(rule) for rule in rules)


def _table(rule: Rule) -> str:
    waits_for = f"event = '{rule.event}'\nwhere = {[*rule.where]}" if rule.event else f"when = {[*rule.when]}"
    hold = "" if rule.is_momentary else f"hold = {rule.hold}\n"
    hours = f"hours = {[*rule.hours]}\n"
    return f"[[alert]]\nname = '{rule.name}'\n{waits_for}\n{hours}{hold}cooldown = {rule.cooldown}\n"


@dataclass
class Watched:
    """What one rule knows of one symbol.

    Attributes:
        since: the second from which it is satisfied; None: it is not.
        has_come_up: it fired for this, or was in its cooldown when it would have fired.
        fired: the second of its last alert.
    """

    since: int | None = None
    has_come_up: bool = False
    fired: int | None = None


@dataclass
class Alerts:
    """Tells the ids of the alerts of ticks, in their order.

    Attributes:
        rules: which.
        session: day and phase of the tick before; None: no tick was seen.
        second: of the tick before.
        watched: by rule and symbol.
        rows: the market at the tick before.
        screens: of the tick before.
    """

    rules: Sequence[Rule]
    session: Any = None
    second: int | None = None
    watched: dict[tuple[str, str], Watched] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    screens: Mapping[str, Screen] = field(default_factory=dict)

    def forget(self) -> None:
        """Know nothing any more: what is satisfied at the next tick has not come to be so then."""
        self.second, self.session, self.watched, self.rows = None, None, {}, {}

    def tick(
        self, second: int, rows: Mapping[str, Row], session: Any, screens: Mapping[str, Screen] = {}
    ) -> list[str]:
        """The ids that fire at a tick.

        Args:
            second: of the tick.
            rows: of the market, with the window fields, by symbol.
            session: the day, and the phase: pre or regular; None before the first bar.
            screens: that are published at the tick.
        """
        is_known = self.second is not None
        known = {rule.name: is_known for rule in self.rules}
        if is_known and _day(session) != _day(self.session):
            known = dict.fromkeys(known, second - (self.second or 0) <= LONGEST_ABSENCE)
            self.watched, self.rows = {}, {}
        else:
            # A screen that is declared otherwise is another one.
            new = {rule.name for rule in self.rules if screens.get(rule.board) != self.screens.get(rule.board)}
            known |= dict.fromkeys(new, False)
            self.watched = {key: each for key, each in self.watched.items() if key[0] not in new}
        entered = {rule.event: _entered(rule, rows, session, screens) for rule in self.rules}
        fired = [
            f"{rule.name}:{symbol}:{second}"
            for rule in self.rules
            for symbol in sorted(rows)
            if self._fires(rule, symbol, second, rows, entered[rule.event], known[rule.name])
        ]
        self.second, self.session, self.rows, self.screens = second, session, dict(rows), screens
        return fired

    def _fires(
        self, rule: Rule, symbol: str, second: int, rows: Mapping[str, Row], entered: set[str], is_known: bool
    ) -> bool:
        state = self.watched.setdefault((rule.name, symbol), Watched())
        if not self._satisfied(rule, symbol, rows, entered):
            state.since, state.has_come_up = None, False
            return False
        if state.since is None:
            state.since = second
            state.has_come_up = not is_known and not rule.is_momentary
        if state.has_come_up or second - state.since < rule.hold:
            return False
        state.has_come_up = not rule.is_momentary
        if state.fired is not None and second - state.fired < max(rule.cooldown, 1):
            return False
        state.fired = second
        return True

    def _satisfied(self, rule: Rule, symbol: str, rows: Mapping[str, Row], entered: set[str]) -> bool:
        row, before = rows[symbol], self.rows.get(symbol)
        if not satisfies_all(row, Screen("close", where=[*rule.when, *rule.where], hours=rule.hours)):
            return False
        match rule.event.split(":"):
            case ["new_high"]:
                return before is not None and row["day_high"] > before["day_high"]
            case ["new_low"]:
                return before is not None and row["day_low"] < before["day_low"]
            case ["above_pre_high"]:
                return bool(row["close"] > row["pre_high"] > 0)
            case ["spike"]:
                least = next(percent for price, percent in SPIKES if row["close"] < price)
                return row["volume_1m"] is not None and (
                    row["volume_1m"] > 1_000 and (row["pct_change_1m"] or 0) >= least
                )
            case ["enters", *_]:
                return symbol in entered
        return True


def _day(session: Any) -> Any:
    return session and session[0]


def _entered(rule: Rule, rows: Mapping[str, Row], session: Any, screens: Mapping[str, Screen]) -> set[str]:
    """The first symbols of the board or screen that a rule names; none if it names none that is there."""
    places = int(rule.event.split(":")[2]) if rule.board else 0
    if rule.board not in BY_NAME:
        screen = screens.get(rule.board)
        return {*screened(screen, rows.values())[:places]} if screen else set()
    board = BY_NAME[rule.board]
    holds = {
        symbol: row[board.field]
        for symbol, row in rows.items()
        if board.holds == "day" or session_of(read_bar(row)) == session
    }
    return {*best_first(holds, descending=board.order == "descending")[:places]}
