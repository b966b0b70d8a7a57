"""The patterns of Redis's ``PSUBSCRIBE``, matched here: Redis sends each publication once."""

import re
from collections.abc import Iterator

_ANY = "*"


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """What matches the texts that Redis's ``stringmatchlen`` matches: ``*``, ``?``, ``[a-z]``, ``[^a]``, ``\\``.

    It takes time in proportion to the lengths of pattern and text, whatever the pattern.
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
    # What follows a star is looked for once, at its first place: a later star can only be better off so. Without
    # the atomic groups the stars of a hostile pattern would be tried in all combinations.
    between = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{between}.*{last}", re.DOTALL)


def literal_prefix(pattern: str) -> str:
    """The pattern's beginning up to the first character that is not just itself."""
    return re.split(r"[*?\[\\]", pattern, maxsplit=1)[0]


def is_pattern(text: str) -> bool:
    """Whether the text is a pattern and not just itself."""
    return literal_prefix(text) != text


def _tokens(pattern: str) -> Iterator[str]:
    """Regular expressions of one character each, or a star."""
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            yield _ANY
        elif char == "?":
            yield "."
        elif char == "[":
            token, at = _class(pattern, at + 1)
            yield token
        elif char == "\\" and at + 1 < len(pattern):
            at += 1
            yield re.escape(pattern[at])
        else:
            yield re.escape(char)
        at += 1


def _class(pattern: str, at: int) -> tuple[str, int]:
    """The class whose first character is at `at`, and its closing bracket's place; the end where there is none."""
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
