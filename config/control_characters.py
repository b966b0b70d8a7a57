"""Escapes control characters in text from outside, so that it forges no log line and moves no cursor."""

import re

# Controls of C0 and C1, DEL, what formats or turns the direction of writing, other ends of lines, halves of pairs.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def escape_controls(text: str) -> str:
    """The text with invisible characters as Python escapes them: a newline becomes ``\\n``."""
    return _INVISIBLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def escape_controls_json(text: str) -> str:
    """The same for JSON in ASCII, which has escaped all of them but DEL."""
    return text.replace("\x7f", "\\u007f")
