"""Reference data from a CSV file, one line a symbol."""

import csv
import logging
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from leaderboard.event import is_symbol
from leaderboard.reference.figures import PreviousDay, Profile, Reference
from leaderboard.reference.source import SourceError

log = logging.getLogger(__name__)

_PREVIOUS = {name: f"prev_day_{name}" for name in PreviousDay.__struct_fields__}
_PROFILE = {name: name for name in Profile.__struct_fields__}


class CsvSource:
    """The file named by ``REFERENCE_FILE``: ``symbol`` and any of the columns ``prev_day_open``, ``..._high``,
    ``..._low``, ``..._close``, ``..._volume``, ``..._vwap``, ``avg_volume`` and ``free_float``.

    Figures without a column or with an empty cell are unknown. Cells that hold no number are unknown too, and are
    logged, as are lines with an invalid symbol. Each call reads the file, so a replaced file is used from the next
    call on. The file names no day: it answers for every day.
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
                lines.fieldnames = [name.strip() for name in lines.fieldnames or ()]
                if "symbol" not in lines.fieldnames:
                    raise SourceError(f"{self.path}: its first line names no column 'symbol'")
                return dict(self._lines(lines))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{self.path}: {error}") from error

    def _lines(self, lines: "csv.DictReader[str]") -> Iterator[tuple[str, Reference]]:
        for line in lines:
            symbol = (line["symbol"] or "").strip()
            if is_symbol(symbol):
                yield symbol, self._reference(line, lines.line_num)
            else:
                log.warning("%s, line %d: no event can have the symbol %r", self.path, lines.line_num, symbol)

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
        if math.isfinite(figure) and figure >= 0:
            return figure
        log.warning("%s, line %d: %s is no number of 0 or more: %r", self.path, number, column, cell)
        return None
