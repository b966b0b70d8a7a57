"""What the archive would hold of bars, made without a tape."""

import random
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from history.archive import schema
from history.fold.market_fold import MarketFold, Tables
from history.fold.profiles import Profiles
from history.fold.state import REFERENCES
from leaderboard.boards import BOARDS
from leaderboard.event import Event, parse
from leaderboard.fields import BY_NAME, STOOD_IN_FOR
from leaderboard.reference import NOTHING_KNOWN, Reference
from leaderboard.reference.template import RowTemplate
from leaderboard.sessions import Session, session_of
from leaderboard.tape.entries import BAR

NAMES = [name for name in BAR.names or () if name in Event.__struct_fields__]


class TapeTables:
    """Makes the tables that a fold applies of bars, each bar as one revision at one position.

    Args:
        known: reference data by symbol.
    """

    def __init__(self, known: Mapping[str, Reference]) -> None:
        self.known = known
        self.position = 0
        self.clock: Session | None = None
        self.profiles = Profiles()
        for symbol, reference in known.items():
            if reference.volume_profile.means:
                self.profiles.learn(symbol, 1, reference.volume_profile.packed)

    def tables(self, payloads: Sequence[Mapping[str, Any]]) -> Tables:
        """The tables of bars that come after those before."""
        events = parse([{k: v for k, v in each.items() if v is not None} for each in payloads])
        outcomes = [self._outcome(event) for event in events]
        positions = np.arange(len(events)) + self.position + 2
        self.position += len(events)
        about = {
            "position": positions,
            "revision": positions,
            "event": np.zeros(len(events), int),
            "symbol": np.array([event.symbol for event in events], object),
            "outcome": np.array(outcomes, object),
        }
        bars = {name: np.array([getattr(event, name) for event in events], BAR[name]) for name in NAMES}
        return {schema.BARS.name: about | bars, schema.REFERENCES.name: about | self._references(events)}

    def _outcome(self, event: Event) -> str:
        session = session_of(event.start_timestamp)
        if self.clock and session.day < self.clock.day:
            return "L"
        self.clock = max(session, self.clock or session)
        return "A"

    def _references(self, events: Sequence[Event]) -> dict[str, NDArray[Any]]:
        templates = [RowTemplate(event.symbol, self.known.get(event.symbol, NOTHING_KNOWN)) for event in events]
        found: dict[str, NDArray[Any]] = {
            "stand_ins": np.array([_stand_ins(each.reference) for each in templates], object),
            "refreshed": np.zeros(len(events), bool),
        }
        for column in REFERENCES:
            found[column.name] = np.array(
                [_figure(each.reference, BY_NAME[column.name].figure) for each in templates], float
            )
        return found


def _stand_ins(reference: Reference) -> str:
    unknown = [field.name for field in STOOD_IN_FOR if _value(reference, field.figure) is None]
    return ",".join(unknown)


def _figure(reference: Reference, path: str) -> float:
    return _value(reference, path) or 0.0


def _value(reference: Reference, path: str) -> float | None:
    return attrgetter(path)(reference)


def fold_of(tape: TapeTables, payloads: Sequence[Mapping[str, Any]], rng: random.Random) -> MarketFold:
    """A fold to which bars were applied in portions of random sizes, each of them at any place in its portion."""
    fold = MarketFold(tape.profiles)
    at = 0
    while at < len(payloads):
        size = rng.choice([1, 2, 7, 50, 600])
        tables = tape.tables(payloads[at : at + size])
        order = np.array(rng.sample(range(len(payloads[at : at + size])), len(payloads[at : at + size])))
        mixed = {name: {column: each[order] for column, each in table.items()} for name, table in tables.items()}
        fold.apply(mixed, tape.position + 1)
        if rng.random() < 0.3:
            fold.settle()
        at += size
    fold.settle()
    return fold


def shown(fold: MarketFold, size: int = 500) -> dict[str, Any]:
    """The boards of a fold, parsed."""
    return {board.name: msgspec.json.decode(fold.snapshot(board, size)) for board in BOARDS}
