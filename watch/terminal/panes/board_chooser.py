"""A list of all boards and screens, to choose one."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from leaderboard.screens.definition import Definition


class BoardChooser(ModalScreen[Definition | None]):
    """Lets the user choose a board. Its result is None where none was chosen.

    Args:
        boards: to choose from.
    """

    DEFAULT_CSS = """
    BoardChooser { align: center middle; }
    BoardChooser OptionList { width: 72; max-width: 95%; height: auto; max-height: 80%; border: round $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape,b", "leave", "Close")]

    def __init__(self, boards: Sequence[Definition]) -> None:
        super().__init__()
        self._boards = boards

    def compose(self) -> ComposeResult:
        options = [
            Option(f"{n if n <= 9 else ' '}  {board.title}, {board.caption}", id=board.name)
            for n, board in enumerate(self._boards, 1)
        ]
        chooser = OptionList(*options)
        chooser.border_title = "Boards and screens"
        yield chooser

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._boards[event.option_index])

    def action_leave(self) -> None:
        self.dismiss(None)
