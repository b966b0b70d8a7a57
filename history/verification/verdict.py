"""What a verification has found."""

from dataclasses import dataclass, field
from typing import NamedTuple

from history.fold.recorded_day import Tick


class Difference(NamedTuple):
    """A board or screen whose published rows are not those that follow from the bars.

    Attributes:
        published_at: of its tick, Unix milliseconds.
        slot: number of the tick.
        name: of the board or screen.
    """

    published_at: int
    slot: int
    name: str


@dataclass
class Verdict:
    """What became of ticks.

    Attributes:
        checked: ticks that were compared.
        differing: those of them of which something differs.
        undigested: ticks without a digest: whoever published them was gone before it could write one.
        unknown: ticks of which entries are missing.
        first: the first difference.
    """

    checked: int = 0
    differing: int = 0
    undigested: int = 0
    unknown: int = 0
    first: Difference | None = None

    def note(self, tick: Tick, differing: list[str]) -> None:
        """Note a tick that was compared, and the names of what differs."""
        self.checked += 1
        if differing:
            self.differing += 1
            self._keep(Difference(tick.published_at, tick.slot, differing[0]))

    def add(self, other: "Verdict") -> None:
        """Add what was found of other ticks."""
        self.checked += other.checked
        self.differing += other.differing
        self.undigested += other.undigested
        self.unknown += other.unknown
        if other.first:
            self._keep(other.first)

    def _keep(self, difference: Difference) -> None:
        self.first = min(self.first or difference, difference)


@dataclass
class StatesVerdict:
    """What became of stored states, from which past boards are computed.

    Attributes:
        checked: states that were compared with what follows from the one before.
        differing: the positions of those with other rows.
    """

    checked: int = 0
    differing: list[int] = field(default_factory=list)

    def note(self, position: int, *, is_right: bool) -> None:
        """Note a state that was compared."""
        self.checked += 1
        if not is_right:
            self.differing.append(position)

    def add(self, other: "StatesVerdict") -> None:
        """Add what was found of other states."""
        self.checked += other.checked
        self.differing += other.differing


@dataclass
class Verdicts:
    """The verdicts on boards and on screens, which are published apart, and on the states stored beside them."""

    boards: Verdict = field(default_factory=Verdict)
    screens: Verdict = field(default_factory=Verdict)
    states: StatesVerdict = field(default_factory=StatesVerdict)

    def of(self, tick: Tick) -> Verdict:
        """The verdict on ticks of this kind."""
        return self.boards if tick.kind == "boards" else self.screens

    def add(self, other: "Verdicts") -> None:
        self.boards.add(other.boards)
        self.screens.add(other.screens)
        self.states.add(other.states)
