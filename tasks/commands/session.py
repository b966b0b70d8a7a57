"""``python -m tasks session``: show the session clock, or move it."""

import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from config.settings import settings
from leaderboard.sessions import NEW_YORK, Phase, Session, is_trading_day, session_of
from leaderboard.store.session_clock import Reading, SessionClockError
from tasks.app import clock, system

#: Seconds by which the clocks of Redis and of this machine may differ without a warning.
TOLERANCE = 1.0


class PhaseName(StrEnum):
    """A phase, as an operator types it."""

    PRE = "pre"
    REGULAR = "regular"


def session(
    to: Annotated[
        tuple[datetime, PhaseName] | None,
        typer.Option(
            "--to",
            metavar="DAY PHASE",
            formats=["%Y-%m-%d"],
            help="Move the boards to this session, even back. PHASE: pre, or regular, which ends at 04:00.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Show the boards' session, and the session by the wall clock.

    The exit code is 1 if the two differ, or if the boards' session cannot be read.
    """
    now = clock().server_now()
    clocks = system().session_clocks
    of_servers = [clock.read() for clock in clocks]
    wall = None if settings().market_clock == "events" else session_of(now)
    for line in _lines(of_servers, wall, now):
        typer.echo(line)
    if to is None:
        raise typer.Exit(int(any(_is_wrong(seen, wall) for seen in of_servers)))
    _move(Session(to[0].date(), Phase[to[1].name]), of_servers, wall, ask=not yes)


def _is_wrong(seen: Reading, wall: Session | None) -> bool:
    return seen.is_junk or (wall is not None and seen.session != wall)


def _lines(of_servers: Sequence[Reading], wall: Session | None, now: int) -> list[str]:
    # Of several servers, one that differs is what there is to say.
    seen = next((each for each in of_servers if _is_wrong(each, wall)), of_servers[0])
    lines = [f"boards      {', '.join(dict.fromkeys(map(_name, of_servers)))}"]
    if wall is None:
        lines.append("wall clock  does not count: time is what the events say (MARKET_CLOCK=events)")
        return [*lines, f"No bar can be applied. {_remedy('DAY PHASE')}"] if seen.is_junk else lines
    lines.append(f"wall clock  {wall}, {_time(now)} by the boards' Redis")
    here = datetime.now(NEW_YORK).timestamp() * 1000
    if abs(here - now) >= TOLERANCE * 1000:
        lines.append(f"            {_time(here)} by this machine: one of the two is wrong")
    return [*lines, _judgement(seen, wall)]


def _judgement(seen: Reading, wall: Session) -> str:
    if seen.is_junk:
        return f"No bar can be applied. {_remedy(wall)}"
    if seen.session is None or seen.session < wall:
        return "The boards are behind: a reset, or the first bar of that session, rolls them by itself."
    if seen.session > wall:
        late = "every bar until then is late" if seen.session.day > wall.day else "pre-market bars do not rank"
        return f"The boards are ahead: {late}. {_remedy(wall)}"
    return "They agree."


def _remedy(to: Session | str) -> str:
    return f"`python -m tasks session --to {to}` puts it right."


def _move(to: Session, of_servers: Sequence[Reading], wall: Session | None, *, ask: bool) -> None:
    if not is_trading_day(to.day):
        sys.exit(f"{to.day} is no trading day.")
    if wall is not None and to > wall:
        sys.exit(f"{to} has not begun by the clock of the boards' Redis. If that is wrong, put it right first.")
    typer.echo(
        f"The boards will be those of {to}, made of the rows whose newest bar is of that day. Rows are kept."
    )
    if any(seen.session is None or seen.session.day != to.day for seen in of_servers):
        typer.echo("Open prices are taken from the rows: of each symbol, that of its newest bar's session.")
    if wall is not None and to < wall:
        typer.echo(
            f"But it is {wall} by the clock of the boards' Redis: the next reset rolls them there, within 15 s."
        )
    if ask:
        typer.confirm("Go on?", abort=True)
    try:
        done = [clock.move(to, seen) for clock, seen in zip(system().session_clocks, of_servers, strict=True)]
    except SessionClockError as error:
        sys.exit(f"Nothing was done: {error}.")
    before, ranked = ", ".join(dict.fromkeys(map(_name, of_servers))), sum(each.ranked for each in done)
    typer.echo(f"The boards went from {before} to {to}. Symbols ranked from their rows: {ranked:,}.")
    kept = all(each.kept_opens for each in done)
    opens = "All open prices of the day were kept." if kept else "Open prices are those that the rows told."
    typer.echo(f"{opens} A replay of the day so far brings what is missing: see docs/operations/backfill.md.")


def _name(seen: Reading) -> str:
    if seen.session:
        return str(seen.session)
    if seen.content == b"none":
        return "none yet"
    kind, _, value = seen.content.partition(b" ")
    # A repr: the value may hold control characters.
    return f"no session, but {f'{value[:80]!r}' if kind == b'string' else f'a key of type {kind.decode()}'}"


def _time(milliseconds: float) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, NEW_YORK):%Y-%m-%d %H:%M:%S} ET"
