"""The line above a board: which one, of which session, how many symbols and how old."""

from rich.text import Text

from leaderboard.boards import Board
from leaderboard.sessions import Phase, Session
from watch import numbers
from watch.snapshots import Status

#: Seconds without a snapshot after which a viewer is told that nothing changes.
QUIET = 5.0

_PHASES = {Phase.PRE: "pre-market", Phase.REGULAR: "regular session"}


def header(board: Board, symbols: int, status: Status, *, connected: bool) -> Text:
    """One line.

    Args:
        symbols: how many are on the published board.
        connected: whether the status is the present one, so that a silence means that nothing changed.
    """
    return Text.assemble(
        (board.name.capitalize(), "bold"),
        f", {_session(status.session)}, {symbols} {'symbol' if symbols == 1 else 'symbols'}, ",
        _age(status.age(), connected),
        no_wrap=True,
        overflow="ellipsis",
    )


def _session(session: Session | None) -> str:
    if session is None:
        return "no session yet"
    return f"{_PHASES[session.phase]} of {session.day:%a} {session.day.day} {session.day:%b %Y}"


def _age(seconds: float | None, connected: bool) -> Text:
    if seconds is None:
        return Text("no snapshot yet")
    if connected and seconds > QUIET:
        return Text(f"no change for {numbers.duration(seconds)}", style="yellow")
    return Text(f"updated {f'{seconds:.1f} s' if seconds < QUIET else numbers.duration(seconds)} ago")
