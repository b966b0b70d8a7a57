"""Redis's channel patterns, matched here: Redis then sends each publication once, whatever the patterns are."""

import re
from collections.abc import Iterator

_ANY = "*"


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A regular expression that fully matches what the pattern matches.

    The pattern is one of ``PSUBSCRIBE``, with ``*``, ``?``, ``[a-z]``, ``[^a]`` and ``\\``, as Redis's
    ``stringmatchlen`` takes it. Matching takes time in proportion to the lengths of pattern and text, whatever the
    pattern.
    """
    parts: list[str] = [""]
    for token in _tokens(pattern):
        if token == _ANY:
            parts.append("")
        else:
            parts[-1] += token
    first, *rest = parts
    if not rest:
        return re.compile(first, re.DOTALL)
    *middle, last = rest
    # What follows a star is searched once, and its first match taken: it leaves the most text for later stars. The
    # atomic groups keep the regular expression from trying the stars of a hostile pattern in all combinations.
    between = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{between}.*{last}", re.DOTALL)


def literal_prefix(pattern: str) -> str:
    """The pattern up to its first special character."""
    return re.split(r"[*?\[\\]", pattern, maxsplit=1)[0]


def is_pattern(text: str) -> bool:
    """Whether the text has special characters."""
    return literal_prefix(text) != text


def _tokens(pattern: str) -> Iterator[str]:
    """A regular expression for each character that the pattern matches, or a star."""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            yield _ANY
        elif char == "?":
            yield "."
        elif char == "[":
            token, at = _character_class(pattern, at + 1)
            yield token
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            yield re.escape(pattern[at])
        else:
            yield re.escape(char)
        at += 1


def _character_class(pattern: str, at: int) -> tuple[str, int]:
    """The class that begins at `at`, and the place of its closing bracket; the pattern's end if it has none."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    members = ""
    while at < len(pattern) and pattern[at] != "]":
        if pattern[at] == "\\" and at + 1 < len(pattern):
            at += 1
            members += re.escape(pattern[at])
        elif pattern[at + 1 : at + 2] == "-" and at + 2 < len(pattern):
            low, high = sorted((pattern[at], pattern[at + 2]))
            members += f"{re.escape(low)}-{re.escape(high)}"
            at += 2
        else:
            members += re.escape(pattern[at])
        at += 1
    if members:
        return f"[{'^' if negated else ''}{members}]", at
    return "." if negated else "(?!)", at
