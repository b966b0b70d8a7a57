"""The first places of boards and screens at a tick, for rules that wait for symbols to enter them."""

from collections.abc import Iterable

import numpy as np

from leaderboard import boards
from leaderboard.alerts.events import Event
from leaderboard.market.table import MarketTable, Rows
from leaderboard.screens.screen import Screen


class Places:
    """Finds them in the market's table, each once a tick.

    Args:
        table: the market as it is at the tick.
        screens: those that the tick publishes. One that is not among them has no places.
    """

    def __init__(self, table: MarketTable, screens: Iterable[Screen]) -> None:
        self._table = table
        self._screens = {screen.name: screen for screen in screens}
        self._first: dict[Event, Rows] = {}

    def first(self, event: Event) -> Rows:
        """The row numbers that are among the places of an event, the first one first."""
        if event not in self._first:
            self._first[event] = self._find(event)
        return self._first[event]

    def _find(self, event: Event) -> Rows:
        if board := boards.BY_NAME.get(event.board):
            return self._table.first_of(board, event.places)
        screen = self._screens.get(event.board)
        return self._table.select(screen.selection)[: event.places] if screen else np.empty(0, np.intp)

    def title(self, event: Event) -> str:
        """The title of the board or screen that an event names."""
        named = boards.BY_NAME.get(event.board) or self._screens[event.board]
        return named.title

    def lacks(self, event: Event | None) -> bool:
        """Whether an event names a screen that is not declared."""
        return event is not None and event.names_screen and event.board not in self._screens

    def declared(self, event: Event | None) -> str:
        """What a screen is at this tick that an event names, as text; empty: the event names none.

        A screen that is declared otherwise is another one, though it has the same name.
        """
        if event is None or not event.names_screen:
            return ""
        if self.lacks(event):
            return "not declared"
        screen = self._screens[event.board]
        return repr((screen.field, screen.order, [*map(str, screen.conditions)], screen.hours, screen.size))
