"""Reads the rules of a TOML file."""

import re
from collections.abc import Collection
from functools import partial
from pathlib import Path

from leaderboard import boards
from leaderboard.alerts.events import Event
from leaderboard.alerts.rule import Rule
from leaderboard.declared import tables
from leaderboard.declared.tables import Form, TableReader, number_within, words
from leaderboard.market.selection import Bounds, Condition, hours_named

#: Rules in a file at most. It bounds what a tick costs, with the conditions of each.
MOST_RULES = 100
#: Seconds, where a rule does not say how long it waits before it fires again for a symbol.
USUAL_COOLDOWN = 60
_LONGEST_HOLD = 3_600
_LONGEST_COOLDOWN = 86_400
_MOST_CONDITIONS = Bounds().conditions

_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_FORM = Form(
    "alert",
    {
        "name": str,
        "title": str,
        "when": list,
        "event": str,
        "where": list,
        "hours": list,
        "hold": int,
        "cooldown": int,
    },
    required=("name",),
    most=MOST_RULES,
)


def load(path: Path, screens: Collection[str] | None = None) -> tuple[Rule, ...]:
    """The rules of a file, in its order.

    Args:
        path: of the file.
        screens: names of those that are declared, and that rules may name; None: they may name any.

    Raises:
        DeclarationError: the file is wrong or cannot be read.
    """
    return tables.load(path, _FORM, partial(_rule, screens=screens))


def _rule(table: TableReader, *, screens: Collection[str] | None) -> Rule | None:
    """The rule of a table; None if something is wrong with it."""
    name = table.read_name(_name)
    title = table.read("title", words)
    event = table.read("event", Event.parse)
    key = "when" if table.has("when") else "where"
    conditions = table.read_each(key, Condition.parse, most=_MOST_CONDITIONS)
    hours = table.read_each("hours", hours_named)
    hold = table.read("hold", _hold) or 0
    cooldown = table.read("cooldown", _cooldown)
    _check_together(table, event, conditions)
    if event and event.names_screen and screens is not None and event.board not in screens:
        known = ", ".join((*boards.BY_NAME, *screens))
        table.note(f"event: there is no board and no screen {event.board}, only {known}", table.line("event"))
    if table.is_wrong or name is None:
        return None
    cooldown = USUAL_COOLDOWN if cooldown is None else cooldown
    return Rule(
        name, title or _title_of(name), event, tuple(conditions), tuple(dict.fromkeys(hours)), hold, cooldown
    )


def _check_together(table: TableReader, event: Event | None, conditions: list[Condition]) -> None:
    """Note which keys do not go with one another."""
    if table.has("when"):
        for key in ("event", "where"):
            if table.has(key):
                table.note(f"{key}: an alert has either when, or an event with where", table.line(key))
        if not conditions and not table.is_wrong:
            table.note("when: at least one condition is needed", table.line("when"))
    elif not table.has("event"):
        table.note("the alert has neither when nor event")
    if event and event.is_momentary and table.has("hold"):
        table.note(f"hold: {event} is of one moment, and does not last", table.line("hold"))


def _title_of(name: str) -> str:
    return re.sub("[_-]", " ", name).strip().capitalize() or name


# --- checks of values, which raise ValueError


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!a} has to be 1 to 64 of a-z, 0-9, _ and -")
    return name


def _hold(seconds: int) -> int:
    return number_within(0, seconds, _LONGEST_HOLD)


def _cooldown(seconds: int) -> int:
    return number_within(0, seconds, _LONGEST_COOLDOWN)
