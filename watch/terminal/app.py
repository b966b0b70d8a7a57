"""The terminal's screen: boards beside each other, the selected symbol, and alerts."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import ClassVar

from redis import Redis
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widgets import Footer, Input

from history.errors import HistoryError
from leaderboard.market.selection import ConditionError
from leaderboard.screens.definition import BOARDS, Definition
from leaderboard.shards import Shards
from watch.terminal.arranged_rows import RowFilter
from watch.terminal.closes import recorded_closes
from watch.terminal.follower import Follower, Update
from watch.terminal.panes.alert_line import AlertLine, AlertList
from watch.terminal.panes.board_chooser import BoardChooser
from watch.terminal.panes.board_pane import NARROWEST, BoardPane
from watch.terminal.panes.symbol_pane import SymbolPane
from watch.terminal.snapshots import server_of

# Seconds between two drawings of ages.
_REDRAW = 0.5


class Top(App[Exception]):
    """Boards and screens, live. Its result is the error that ended it; None: the user did.

    Args:
        shards: the servers of the boards; their replies are bytes.
        boards: to show at first. Those for which there is no room are left out until there is.
        most: rows to show of each; None: as many as fit.
        history: the folder of recorded history, for charts; None: charts begin when a symbol is selected.
    """

    CSS = """
    Screen { background: transparent; }
    #boards { height: 1fr; }
    BoardPane { width: 1fr; padding: 0 1 0 0; }
    #filter { display: none; height: 1; border: none; padding: 0; }
    #filter.shown { display: block; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "choose", "Boards"),
        *(Binding(str(n), f"show({n})", show=False) for n in range(1, 10)),
        Binding("plus,n", "add", "Add"),
        Binding("minus,x", "remove", "Remove"),
        Binding("tab", "app.focus_next", "Next board", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-100000)", show=False),
        Binding("end", "move(100000)", show=False),
        Binding("right", "sort(1)", "Sort"),
        Binding("left", "sort(-1)", show=False),
        Binding("r", "reverse", "Reverse"),
        Binding("slash", "filter", "Filter"),
        Binding("a", "alerts", "Alerts"),
        Binding("escape", "leave", "Reset"),
        Binding("q,ctrl+c", "stop", "Quit", priority=False),
    ]

    def __init__(
        self, shards: Shards[Redis], boards: Sequence[Definition], most: int | None, history: Path | None = None
    ) -> None:
        super().__init__(ansi_color=True)
        self._connecting = f"Connecting to Redis at {server_of(shards.first)}"
        self._chosen = list(boards)
        self._most = most
        self._history = history
        self._screens: Sequence[Definition] = ()
        self._symbol: str | None = None
        # Panes for which the terminal is wide enough.
        self._room = 1
        # The pane whose filter is typed.
        self._filtered: BoardPane
        self._follower = Follower(
            shards, partial(self.call_from_thread, self._receive), partial(self.call_from_thread, self._lose)
        )

    def compose(self) -> ComposeResult:
        yield Horizontal(*(self._pane(board) for board in self._chosen), id="boards")
        yield SymbolPane()
        yield AlertLine()
        yield Input(id="filter", placeholder="close >= 2, rvol >= 5, or how symbols begin")
        yield Footer()

    def _pane(self, board: Definition) -> BoardPane:
        return BoardPane(board, self._most, self._connecting)

    def on_mount(self) -> None:
        # They give the terminal back, also where a shell has started the program with SIGINT ignored.
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, self.exit)
        self._arrange()
        self._panes[0].focus()
        self.set_interval(_REDRAW, self._redraw)
        self._run_follower()

    @work(thread=True)
    def _run_follower(self) -> None:
        try:
            self._follower.run()
        except Exception as error:
            self.call_from_thread(self.exit, error)

    # --- what comes

    def _receive(self, update: Update) -> None:
        self._screens = update.screens
        declared = {board.name: board for board in self._boards}
        for pane in self._panes:
            shown = pane.view.board
            board = declared.get(shown.name)
            if update.board and update.board.name == shown.name:
                pane.update_board(shown, update.rows)
            if board and board != shown:
                pane.update_board(board, pane.view.rows)
            gone = f"{shown.name} is not published any more: no screen of this name is declared"
            pane.update_status(update.status, "" if board else gone)
        self.query_one(SymbolPane).update_quote(update.quote)
        if update.alerts:
            self.query_one(AlertLine).add(update.alerts)

    def _lose(self, notice: str) -> None:
        for pane in self._panes:
            pane.lose(notice)

    def _redraw(self) -> None:
        for pane in self._shown:
            pane.draw_ages()

    # --- panes

    @property
    def _boards(self) -> list[Definition]:
        """All that can be shown, in the order of their numbers."""
        return [*BOARDS, *self._screens]

    @property
    def _panes(self) -> list[BoardPane]:
        return list(self.query(BoardPane))

    @property
    def _shown(self) -> list[BoardPane]:
        return [pane for pane in self._panes if pane.display]

    @property
    def _pane_with_keys(self) -> BoardPane:
        return self.focused if isinstance(self.focused, BoardPane) else self._shown[0]

    def _arrange(self) -> None:
        """Show as many panes as there is room for, and follow their boards."""
        for n, pane in enumerate(self._panes):
            pane.display = n < self._room
        if isinstance(self.focused, BoardPane) and not self.focused.display:
            self._shown[0].focus()
        self._follower.follow(list({pane.view.board.name: pane.view.board for pane in self._shown}.values()))

    def on_resize(self, event: Resize) -> None:
        self._room = max(1, event.size.width // NARROWEST)
        self._arrange()

    def on_board_pane_selected(self, message: BoardPane.Selected) -> None:
        self._select(message.symbol)

    def _select(self, symbol: str | None) -> None:
        if symbol == self._symbol:
            return
        self._symbol = symbol
        self._follower.select(symbol)
        for pane in self._panes:
            pane.select(symbol)
        self.query_one(SymbolPane).open(symbol)
        status = self._pane_with_keys.view.status
        if symbol and self._history and status and status.session:
            self._read_history(self._history, symbol, status.session.day)

    @work(thread=True, exclusive=True)
    def _read_history(self, folder: Path, symbol: str, day: date) -> None:
        try:
            closes, notice = recorded_closes(folder, symbol, day), ""
        except HistoryError as error:
            closes, notice = [], str(error)
        self.call_from_thread(self.query_one(SymbolPane).add_closes, symbol, closes, notice)

    def _show(self, board: Definition | None) -> None:
        if board:
            self._pane_with_keys.show(board)
            self._arrange()

    # --- keys

    def action_choose(self) -> None:
        self.push_screen(BoardChooser(self._boards), self._show)

    def action_show(self, number: int) -> None:
        if number <= len(self._boards):
            self._show(self._boards[number - 1])

    async def action_add(self) -> None:
        """Show one more board beside the others: the first that is not shown yet."""
        shown = {pane.view.board.name for pane in self._panes}
        board = next((each for each in self._boards if each.name not in shown), self._boards[0])
        pane = self._pane(board)
        pane.select(self._symbol)
        await self.query_one("#boards").mount(pane, after=self._pane_with_keys)
        self._arrange()
        if pane.display:
            pane.focus()
        else:
            self.notify(f"A terminal {NARROWEST * len(self._panes)} columns wide has room for it")

    async def action_remove(self) -> None:
        if len(self._panes) > 1:
            await self._pane_with_keys.remove()
            self._arrange()
            self._shown[0].focus()

    def action_move(self, rows: int) -> None:
        self._pane_with_keys.move(rows)

    def action_page(self, pages: int) -> None:
        self._pane_with_keys.move(pages * self._pane_with_keys.page())

    def action_sort(self, columns: int) -> None:
        self._pane_with_keys.sort_by(columns)

    def action_reverse(self) -> None:
        self._pane_with_keys.reverse()

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        # The pane is remembered, because the field takes the keys.
        self._filtered = self._pane_with_keys
        field.value = self._filtered.view.row_filter.text
        field.add_class("shown")
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            row_filter = RowFilter.parse(event.value)
        except ConditionError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._filtered.filter(row_filter)
        self._leave_filter()

    def _leave_filter(self) -> None:
        self.query_one("#filter").remove_class("shown")
        self._filtered.focus()

    def action_alerts(self) -> None:
        self.push_screen(AlertList(self.query_one(AlertLine).alerts))

    def action_leave(self) -> None:
        """Leave the filter's field; else show the board as published, with no symbol selected."""
        if isinstance(self.focused, Input):
            self._leave_filter()
            return
        self._pane_with_keys.by_rank()
        self._select(None)

    def action_stop(self) -> None:
        self.exit()

    def on_unmount(self) -> None:
        self._follower.stop()
