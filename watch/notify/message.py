"""Alerts as a message for people: one by itself, or several together."""

from collections.abc import Sequence
from dataclasses import dataclass

from history.queries.moments import clock_time
from leaderboard.alerts.alert import Alert

# Symbols that a title names.
_NAMED = 5
# What a title and a body have between them where a service knows no titles.
_BREAK = 2
_CUT = "…"


@dataclass(frozen=True)
class Message:
    """What a service shows: a title, and a body of a line an alert."""

    title: str
    body: str


def message_of(alerts: Sequence[Alert], longest: int) -> Message:
    """One message of all these alerts.

    Args:
        alerts: the oldest first; at least one.
        longest: characters of a title and its body together. If not all alerts find room, the newest do, and the
            first line says how many do not.
    """
    title = _title(alerts)
    room = max(longest - len(title) - _BREAK, 0)
    if len(alerts) == 1:
        return Message(title, _cut(alerts[0].text, room))
    return Message(title, _cut("\n".join(_newest([*map(_line, alerts)], room)), room))


def _title(alerts: Sequence[Alert]) -> str:
    first = alerts[0]
    if len(alerts) == 1:
        return f"{first.symbol}: {first.rule}"
    symbols = [*dict.fromkeys(alert.symbol for alert in alerts)]
    more = f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else ""
    return f"{len(alerts)} alerts: {', '.join(symbols[:_NAMED])}{more}"


def _line(alert: Alert) -> str:
    return f"{clock_time(alert.at)} {alert.text}"


def _newest(lines: Sequence[str], room: int) -> Sequence[str]:
    """As many of the last lines as find room, under one that counts the others; at least the last one."""
    if len("\n".join(lines)) <= room:
        return lines
    for left_out in range(1, len(lines)):
        shown = [f"{left_out} earlier ones left out", *lines[left_out:]]
        if len("\n".join(shown)) <= room:
            return shown
    return lines[-1:]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - len(_CUT), 0)] + _CUT
