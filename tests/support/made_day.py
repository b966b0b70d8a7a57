"""A recorded day made by hand: bars of some symbols each second, and what was published after each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Any

import numpy as np

from history.archive.day import Day
from history.archive.rows import arrays_of
from history.archive.schema import BARS, CHECKPOINTS, REFERENCES, SESSIONS, STATES, TICKS
from history.archive.writing import PartWriter
from history.fold.market_fold import MarketFold
from history.fold.past_windows import PastWindows
from leaderboard.boards import BOARDS
from leaderboard.screens import definition
from leaderboard.screens.screen import Screen
from tests.support.folded_tables import TapeTables
from tests.support.market import TODAY, at


@dataclass
class MadeDay:
    """Writes a day as a recorder does, a part for every `part_seconds`, each with a state behind it.

    Attributes:
        history: the folder of all days.
        screens: that are published.
        published: by second, in Unix milliseconds, what was published: JSON by the board's or the screen's name.
    """

    history: Path
    screens: Sequence[Screen] = ()
    part_seconds: int = 10
    published: dict[int, dict[str, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tape = TapeTables({})
        self._fold = MarketFold(self._tape.profiles)
        self._windows = PastWindows(self._fold, 1.0)
        self._writer = PartWriter(self.history)
        self._rows: dict[str, list[Any]] = {}
        self._first = 1

    @property
    def day(self) -> Day:
        return Day(self.history / f"{TODAY}")

    def second(self, payloads: Sequence[Mapping[str, Any]], time: int) -> None:
        """Record bars, and publish what follows from them.

        Args:
            payloads: the bars.
            time: when, Unix milliseconds.
        """
        clock, first = self._tape.clock, self._tape.position + 2
        tables = self._tape.tables(payloads)
        position = self._tape.position + 1
        self._fold.apply(tables, position)
        self._fold.settle()
        for table in (BARS, REFERENCES):
            self._rows.setdefault(table.name, []).append(tables[table.name])
        if self._tape.clock and self._tape.clock != clock:
            session = self._tape.clock.number
            row = {"position": first, "written_at": time, "revision": first, "session": session, "kind": "bars"}
            self._rows.setdefault(SESSIONS.name, []).append(arrays_of(SESSIONS, [row]))
        self._publish(position, time)
        if len(self.published) % self.part_seconds == 0:
            self.write_part(time)

    def _publish(self, position: int, time: int) -> None:
        boards = {board.name: self._fold.snapshot(board, 500) for board in BOARDS}
        self._windows.put(time // 1000)
        table = self._fold.table
        screens = {each.name: table.snapshot(table.select(each.selection)) for each in self.screens}
        self.published[time] = boards | screens
        about = {
            "position": position,
            "written_at": time,
            "slot": time // 1000,
            "revision": position,
            "published_at": time + 3,
            "name": "",
        }
        texts = definition.encode([each.definition for each in self.screens]).decode()
        rows = [{**about, "kind": "boards"}, {**about, "kind": "screens", "definitions": texts}]
        rows += [
            {**about, "kind": "digests", "name": name, "digest": _sha1(json)} for name, json in boards.items()
        ]
        rows += [
            {**about, "kind": "screens", "name": name, "digest": _sha1(json)} for name, json in screens.items()
        ]
        self._rows.setdefault(TICKS.name, []).append(arrays_of(TICKS, rows))

    def write_part(self, time: int) -> None:
        """Write what has come since the last part."""
        position = self._tape.position + 1
        state = self._fold.state()
        session = self._fold.session.number if self._fold.session else 0
        about = {"position": position, "written_at": time, "revision": position, "session": session}
        row = {**about, "kind": "checkpoint", "symbols": len(state["symbol"])}
        rows: dict[str, Any] = {name: _joined(each) for name, each in self._rows.items()}
        rows[CHECKPOINTS.name] = arrays_of(CHECKPOINTS, [row])
        rows[STATES.name] = {"position": np.full(len(state["symbol"]), position), **state}
        for name in (BARS.name, REFERENCES.name):
            missing = {"n": 0, "written_at": time, "minute": False}
            count = len(rows[name]["position"])
            rows[name] |= {column: np.full(count, value) for column, value in missing.items()}
        self._writer.write(f"{TODAY}", rows, first=self._first, last=position, at=time)
        self._first, self._rows = position + 1, {}


def _joined(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _sha1(json: bytes) -> str:
    return sha1(json, usedforsecurity=False).hexdigest()


def made_day(
    history: Path,
    seconds: int,
    screens: Sequence[Screen] = (),
    *,
    symbols: int = 8,
    part_seconds: int = 10,
    later: Mapping[int, Sequence[Screen]] = {},
) -> MadeDay:
    """A day on which every other symbol trades in each second from 09:29:50.

    Args:
        history: the folder of all days.
        seconds: that it has.
        screens: that are published.
        symbols: how many.
        part_seconds: of a part.
        later: by second, the screens that are published from then on.
    """
    day, start = MadeDay(history, screens, part_seconds), at("09:29:50")
    for second in range(seconds):
        day.screens = later.get(second, day.screens)
        time = start + second * 1000
        day.second(
            [
                {
                    "sym": f"S{symbol}",
                    "s": time - 1000,
                    "e": time,
                    "c": 10 + (symbol * 7 + second * 3) % 11,
                    "o": 10 + symbol,
                    "v": 100,
                    "av": 100 * (second + symbol + 1),
                }
                for symbol in range(second % 2, symbols, 2)
            ],
            time,
        )
    if seconds % day.part_seconds:
        day.write_part(start + seconds * 1000)
    return day
