"""What ends a command about the past."""

import json
import re

_WRAPPED = re.compile(r'"exception_message":"((?:[^"\\]|\\.)*)"')


class HistoryError(Exception):
    """Ends a command. Its text is a sentence for the user."""


class NothingRecordedError(HistoryError):
    """Nothing is recorded of what was asked for."""


def reason(error: Exception) -> str:
    """What an error says, in one line.

    DuckDB puts what the operating system says of a failed write into JSON, within its own sentence.
    """
    text = str(error).partition("\n")[0]
    if wrapped := _WRAPPED.search(text):
        return str(json.loads(f'"{wrapped[1]}"'))
    return text or type(error).__name__
