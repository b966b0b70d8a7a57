"""Doubles as text: in Redis' hashes and scores as in JSON, a short text that reads back as the same double.

``doubles.lua`` writes the same texts, so a row's bytes do not depend on which side wrote a number.
"""

import math
import re
import sys
from collections.abc import Sequence

import msgspec

#: The greatest double. Quotients that leave a double's range are limited to it, because JSON has no infinity.
GREATEST = sys.float_info.max

_NUMBER = re.compile(rb"-?\d+(\.\d*)?([eE][-+]?\d+)?")


def texts(numbers: Sequence[float]) -> list[str]:
    """For each number, the shortest text that reads back as the same double.

    All are encoded at once, as one JSON array that is then split: that takes a third of the time.

    Args:
        numbers: at least one.
    """
    array = msgspec.json.encode(numbers)[1:-1].decode() + ","
    # JSON readers disagree about minus zero, so it becomes zero; whole numbers need no fraction.
    return array.replace("-0.0,", "0,").replace(".0,", ",").split(",")[:-1]


def is_number(text: bytes) -> bool:
    """Whether `text` is a finite decimal number."""
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))
