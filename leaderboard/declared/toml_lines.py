"""The statements of a TOML document, each with its line, which :mod:`tomllib` does not give.

A line break within a statement is in an array or a string that is still open there, so the statement's lines up to
it are not valid by themselves. Hence the fewest lines that are valid make one statement, and :mod:`tomllib` is the
only parser.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Statement:
    """A table's header, or a key and its value.

    Attributes:
        line: its first, counted from 1.
        text: of its lines.
        content: what it says by itself: ``{"size": 500}``, and ``{"screen": [{}]}`` for ``[[screen]]``.
    """

    line: int
    text: str
    content: dict[str, Any]

    @property
    def is_header(self) -> bool:
        return self.text.lstrip().startswith("[")

    def element_lines(self) -> list[int]:
        """The line on which each element of its array ends."""
        found: list[int] = []
        lines = self.text.removesuffix("\n").split("\n")
        for count in range(1, len(lines)):
            elements = _elements("\n".join([*lines[:count], "]"]))
            found += [self.line + count - 1] * (elements - len(found))
        (array,) = self.content.values()
        return found + [self.line + len(lines) - 1] * (len(array) - len(found))


def statements(document: str) -> Iterator[Statement]:
    """The statements of a valid document, in their order."""
    text, first = "", 1
    for line, each in enumerate(document.split("\n"), 1):
        text += each + "\n"
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        if content:
            yield Statement(first, text, content)
        text, first = "", line + 1


def _elements(array: str) -> int:
    """How many elements a statement's array has; 0 if it is no statement yet."""
    try:
        (value,) = tomllib.loads(array).values()
    except tomllib.TOMLDecodeError:
        return 0
    return len(value) if isinstance(value, list) else 0
