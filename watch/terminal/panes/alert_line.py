"""The newest alert, and the list of the last ones."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from leaderboard.alerts.alert import Alert
from leaderboard.sessions import NEW_YORK

# Alerts that are remembered.
_LAST = 200


class AlertLine(Widget):
    """Shows the newest alert, and nothing before the first one."""

    DEFAULT_CSS = """
    AlertLine { height: 1; display: none; }
    AlertLine.shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.alerts: deque[Alert] = deque(maxlen=_LAST)

    def add(self, alerts: Iterable[Alert]) -> None:
        """Take alerts that have fired, the newest first."""
        for alert in reversed(list(alerts)):
            self.alerts.appendleft(alert)
        self.set_class(bool(self.alerts), "shown")
        self.refresh()

    def render(self) -> RenderableType:
        return _line(self.alerts[0]) if self.alerts else ""


class AlertList(ModalScreen[None]):
    """The last alerts, the newest first.

    Args:
        alerts: to list.
    """

    DEFAULT_CSS = """
    AlertList { align: center middle; }
    AlertList VerticalScroll { width: 90%; height: 80%; border: round $primary; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape,a,q", "app.pop_screen", "Close")]

    def __init__(self, alerts: Iterable[Alert]) -> None:
        super().__init__()
        self._alerts = list(alerts)

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.border_title = "Alerts, newest first"
            yield Static(Group(*map(_line, self._alerts)) if self._alerts else "No alert has fired")


def _line(alert: Alert) -> Text:
    at = datetime.fromtimestamp(alert.at / 1000, NEW_YORK)
    return Text.assemble(
        (f"{at:%H:%M:%S} ", "dim"),
        (f"{alert.symbol} ", "bold"),
        alert.text,
        (f"  {alert.rule}", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )
