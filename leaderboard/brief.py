"""Values in messages: whoever sends us one of a megabyte does not fill the log with it."""

import reprlib
from typing import Any


class _Brief(reprlib.Repr):
    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:
            # Python does not write out integers of thousands of digits.
            return f"<an integer of {x.bit_length()} bits>"


_shortener = _Brief()
_shortener.maxstring = _shortener.maxother = 80


def brief(value: Any) -> str:
    """The repr of any value, cut short."""
    return _shortener.repr(value)
