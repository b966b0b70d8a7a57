"""Reference data from a CSV file, one line a symbol."""

import csv
import math
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

from leaderboard.event import is_symbol
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.reference.source import SourceError

_PREVIOUS = {name: f"prev_day_{name}" for name in PreviousDay.__struct_fields__}
_PROFILE = {name: name for name in Profile.__struct_fields__}


class CsvSource:
    """The file named by ``REFERENCE_FILE``: ``symbol`` and any of the columns ``prev_day_open``, ``..._high``,
    ``..._low``, ``..._close``, ``..._volume``, ``..._vwap``, ``avg_volume`` and ``free_float``.

    A missing column or an empty cell is unknown. The file is read at each call, so that a new one put in its place
    is used by the next; it does not say which day it is for and serves whichever is asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fetch(self, symbols: Collection[str], day: date) -> Mapping[str, Reference]:
        everything = self._read()
        return {symbol: everything[symbol] for symbol in symbols if symbol in everything}

    def fetch_all(self, day: date) -> Iterable[Mapping[str, Reference]]:
        return [self._read()]

    def _read(self) -> dict[str, Reference]:
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as file:
                lines = csv.DictReader(file)
                if "symbol" not in (lines.fieldnames or ()):
                    raise SourceError(f"{self.path}: its first line names no column 'symbol'")
                return {
                    self._symbol(line, lines.line_num): self._reference(line, lines.line_num) for line in lines
                }
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{self.path}: {error}") from error

    def _symbol(self, line: Mapping[str, str | None], number: int) -> str:
        symbol = line["symbol"] or ""
        if not is_symbol(symbol):
            raise SourceError(f"{self.path}, line {number}: no event can have the symbol {symbol!r}")
        return symbol

    def _reference(self, line: Mapping[str, str | None], number: int) -> Reference:
        def figures(columns: Mapping[str, str]) -> dict[str, float | None]:
            return {name: self._figure(line, column, number) for name, column in columns.items()}

        return Reference(PreviousDay(**figures(_PREVIOUS)), Profile(**figures(_PROFILE)))

    def _figure(self, line: Mapping[str, str | None], column: str, number: int) -> float | None:
        cell = (line.get(column) or "").strip()
        if not cell:
            return None
        try:
            figure = float(cell)
        except ValueError:
            figure = math.nan
        if not math.isfinite(figure) or figure < 0:
            raise SourceError(f"{self.path}, line {number}: {column} is no number of 0 or more: {cell!r}")
        return figure
