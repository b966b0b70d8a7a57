"""Drops duplicate rows: of a file named twice, of files that overlap, and of repeated lines."""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from feeds.errors import FeedError
from feeds.flatfiles.bar_table import BarTable
from leaderboard.flat_file_lines import BarInFile, conflict


class _Row(NamedTuple):
    # Rows sort by their fields in this order: if two bars of a symbol start together, the shorter is first.
    start: int
    symbol: str
    seconds: int
    part: int
    row: int

    @property
    def end(self) -> int:
        return self.start + self.seconds * 1000


def deduplicate(parts: Sequence[BarTable]) -> int:
    """Keep each bar of a trading day once, in the order of start and symbol.

    The memory needed grows with the symbols, not with the rows.

    Args:
        parts: the day's bars of each file.

    Returns:
        The number of dropped rows.

    Raises:
        FeedError: two bars of a symbol overlap and differ. Either may be wrong, and both would count volume
            twice. The text names both lines.
    """
    repeated = 0
    newest: dict[str, _Row] = {}
    for row in heapq.merge(*(_rows(number, part) for number, part in enumerate(parts))):
        before = newest.get(row.symbol)
        if before and row.start < before.end:
            if row.start != before.start or _numbers(parts, row) != _numbers(parts, before):
                raise FeedError(_conflict(parts, before, row))
            repeated += 1
            continue
        newest[row.symbol] = row
        parts[row.part].keep(row.row)
    return repeated


def _rows(number: int, part: BarTable) -> Iterator[_Row]:
    return (_Row(start, symbol, part.seconds, number, row) for start, symbol, row in part.rows())


def _numbers(parts: Sequence[BarTable], row: _Row) -> tuple[float, ...]:
    return parts[row.part].numbers(row.row)


def _conflict(parts: Sequence[BarTable], before: _Row, row: _Row) -> str:
    first, second = sorted((before, row), key=lambda each: (each.part, parts[each.part].line(each.row)))
    return conflict(_in_file(parts, first), _in_file(parts, second))


def _in_file(parts: Sequence[BarTable], row: _Row) -> BarInFile:
    part = parts[row.part]
    return BarInFile(part.path, part.line(row.row), row.symbol, row.start, row.seconds)
