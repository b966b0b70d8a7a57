"""A screen: a board over the whole market, declared with no code."""

from dataclasses import dataclass
from typing import Literal, Self

from leaderboard import fields, keys
from leaderboard.boards import Order
from leaderboard.fields import Source
from leaderboard.market.selection import Bounds, Condition, Selection
from leaderboard.screens.definition import Definition
from leaderboard.sessions import Hours


@dataclass(frozen=True)
class Screen:
    """One screen. What it has in common with :class:`leaderboard.boards.Board` has the same name.

    Attributes:
        name: its name in keys, addresses and commands.
        title: its name for people.
        caption: what it ranks by, in a few words that follow the title.
        selection: its rows: which field ranks them, in which order, under which conditions, and how many.
    """

    name: str
    title: str
    caption: str
    selection: Selection

    @property
    def field(self) -> str:
        """The field that ranks it, one of :data:`leaderboard.fields.SELECTABLE`."""
        return self.selection.by

    @property
    def order(self) -> Order:
        return self.selection.order

    @property
    def size(self) -> int:
        """Rows that it has at most."""
        return self.selection.limit

    @property
    def hours(self) -> tuple[Hours, ...]:
        return self.selection.hours

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.selection.where

    @property
    def scanner(self) -> str:
        """The cache key and channel of its published snapshot."""
        return keys.screen(self.name)

    @property
    def change_since(self) -> Literal["close", "open"]:
        """Which change is shown in its rows; see :attr:`leaderboard.boards.Board.change_since`."""
        declared = fields.BY_NAME.get(self.field)
        return "open" if declared and declared.source is Source.OPEN else "close"

    @classmethod
    def of(cls, definition: Definition) -> Self:
        """The screen of a published definition.

        Raises:
            SelectionError: it cannot be selected; a newer release may have published it.
        """
        selection = Selection.parse(
            definition.field,
            definition.order,
            definition.conditions,
            definition.hours,
            definition.size or Bounds().limit,
        )
        return cls(definition.name, definition.title, definition.caption, selection)

    @property
    def definition(self) -> Definition:
        """As it is published for readers."""
        return Definition(
            name=self.name,
            title=self.title,
            caption=self.caption,
            field=self.field,
            order=self.order,
            size=self.size,
            # Only these hours can be selected.
            hours=tuple(hours.value for hours in self.hours),  # type: ignore[misc]
            conditions=tuple(map(str, self.conditions)),
            change_since=self.change_since,
        )
