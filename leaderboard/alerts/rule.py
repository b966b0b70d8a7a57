"""A rule: for which symbols an alert fires, and when."""

from dataclasses import dataclass
from typing import Self

from leaderboard.alerts.definition import Definition
from leaderboard.alerts.events import Event
from leaderboard.market.selection import Condition, hours_named
from leaderboard.sessions import Hours


@dataclass(frozen=True)
class Rule:
    """One rule.

    It fires for a symbol that comes to satisfy everything, and has done so for `hold` seconds: once, until the
    symbol has ceased to satisfy it and does so anew. With an event that is momentary it fires each time.

    Attributes:
        name: its name in ids and files.
        title: its name for people.
        event: what it waits for; None: for its conditions alone.
        conditions: all of which have to hold.
        hours: one of which the row's newest bar has to be of; empty: any.
        hold: seconds for which all of that has to hold before it fires.
        cooldown: seconds after an alert in which it does not fire for the same symbol. What comes to satisfy it
            meanwhile does not fire later either.
    """

    name: str
    title: str
    event: Event | None
    conditions: tuple[Condition, ...]
    hours: tuple[Hours, ...]
    hold: int
    cooldown: int

    @classmethod
    def of(cls, definition: Definition) -> Self:
        """The rule of a published definition.

        Raises:
            ValueError: it cannot be evaluated; a newer release may have published it.
        """
        return cls(
            definition.name,
            definition.title,
            Event.parse(definition.event) if definition.event else None,
            tuple(map(Condition.parse, definition.conditions)),
            tuple(map(hours_named, definition.hours)),
            definition.hold,
            definition.cooldown,
        )

    @property
    def definition(self) -> Definition:
        """As it is published for readers."""
        return Definition(
            name=self.name,
            title=self.title,
            event=str(self.event) if self.event else None,
            conditions=tuple(map(str, self.conditions)),
            # Only these hours can be declared.
            hours=tuple(hours.value for hours in self.hours),  # type: ignore[misc]
            hold=self.hold,
            cooldown=self.cooldown,
        )
