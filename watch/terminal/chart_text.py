"""A small line chart of characters, two by four dots each."""

from collections.abc import Sequence

import numpy as np

_BLANK = 0x2800
# Of a character of Braille, the bits of its dots: by row, left and right.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ACROSS, _DOWN = 2, 4


def chart_text(values: Sequence[float], width: int, height: int) -> list[str]:
    """The values as a line, the first at the left, the highest at the top.

    Args:
        values: if there are more than the width has dots, each dot is the last of some of them.
        width: characters.
        height: lines.

    Returns:
        the lines, the upper ones first. They are as wide as the values need, `width` at most.
    """
    if not values:
        return [""] * height
    shown = _thinned(values, width * _ACROSS)
    dots = _rows_of_dots(shown, height * _DOWN)
    cells = np.full((height, -(-len(shown) // _ACROSS)), _BLANK)
    last = dots[0]
    for at, row in enumerate(dots):
        # A line, not single dots: it goes through all dots between two values.
        for each in range(min(last, row), max(last, row) + 1):
            cells[each // _DOWN, at // _ACROSS] |= _DOTS[each % _DOWN][at % _ACROSS]
        last = row
    return ["".join(map(chr, line)) for line in cells]


def _thinned(values: Sequence[float], most: int) -> Sequence[float]:
    if len(values) <= most:
        return values
    return [values[(n + 1) * len(values) // most - 1] for n in range(most)]


def _rows_of_dots(values: Sequence[float], rows: int) -> list[int]:
    """How far below the top each value is, in dots."""
    lowest, highest = min(values), max(values)
    if highest == lowest:
        return [rows // 2] * len(values)
    return [round((highest - value) / (highest - lowest) * (rows - 1)) for value in values]
