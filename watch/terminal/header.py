"""The line above a board: its title, its session, how many symbols it has, and how old it is."""

from rich.text import Text

from leaderboard.screens.definition import Definition
from leaderboard.sessions import Hours
from watch.terminal import numbers
from watch.terminal.snapshots import Status

#: Seconds without a snapshot after which the line says that nothing changes.
QUIET = 5.0

_HOURS = {
    Hours.PRE: "pre-market",
    Hours.REGULAR: "regular session",
    Hours.POST: "after hours",
    # A bar of that time is the day's last one; how long ago it was, nobody knows.
    Hours.CLOSED: "after hours",
}


def header(board: Definition, symbols: int, status: Status, *, connected: bool) -> Text:
    """One line.

    Args:
        symbols: how many are on the published board.
        connected: whether Redis was reached just now. Only then does no snapshot mean no change.
    """
    return Text.assemble(
        (board.title, "bold"),
        f", {_session(status)}, {symbols} {'symbol' if symbols == 1 else 'symbols'}, ",
        _age(status.age(), connected),
        no_wrap=True,
        overflow="ellipsis",
    )


def _session(status: Status) -> str:
    session = status.session
    if session is None:
        return "no session yet"
    hours = session.hours(session.start if status.newest is None else status.newest)
    return f"{_HOURS[hours]} of {session.day:%a} {session.day.day} {session.day:%b %Y}"


def _age(seconds: float | None, connected: bool) -> Text:
    if seconds is None:
        return Text("no snapshot yet")
    if connected and seconds > QUIET:
        return Text(f"no change for {numbers.duration(seconds)}", style="yellow")
    return Text(f"updated {f'{seconds:.1f} s' if seconds < QUIET else numbers.duration(seconds)} ago")
