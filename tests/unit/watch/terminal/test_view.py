"""The whole display: its header, the notice of a lost connection, and as many rows as fit."""

import re
import time
from datetime import date

import pytest
from rich.console import Console

from leaderboard.screens.definition import BY_NAME
from leaderboard.sessions import Phase, Session
from tests.support.market import at
from tests.support.watch.rows import row
from watch.terminal.header import header
from watch.terminal.snapshots import Status
from watch.terminal.view import View

GAINERS = BY_NAME["gainers"]
REGULAR = Session(date(2013, 10, 8), Phase.REGULAR)
ROWS = [row(rank, "AAPL") for rank in range(1, 301)]


def status(age: float, session: Session | None = REGULAR) -> Status:
    return Status(session, time.monotonic() - age)


def shown(view: View, *, width: int = 80, height: int = 24, colours: bool = False) -> list[str]:
    """The lines of a terminal of that size."""
    console = Console(
        width=width, height=height, force_terminal=True, color_system="standard" if colours else None
    )
    with console.capture() as capture:
        console.print(view.head(), view.table(width, height - 2), sep="\n")
    return capture.get().splitlines()


def test_the_header_has_board_session_symbols_and_age() -> None:
    shown = header(GAINERS, 300, status(0.42), connected=True).plain

    # The test itself takes time, too.
    assert re.fullmatch(r"Gainers, regular session of Tue 8 Oct 2013, 300 symbols, updated \d\.\d s ago", shown)


def test_the_header_names_the_pre_market() -> None:
    before_the_open = status(0.0, Session(date(2013, 10, 8), Phase.PRE))

    assert "pre-market of Tue 8 Oct 2013, 1 symbol, " in header(GAINERS, 1, before_the_open, connected=True).plain


@pytest.mark.parametrize(
    ("day", "clock", "hours"),
    [
        (date(2013, 10, 8), "15:59:59", "regular session"),
        (date(2013, 10, 8), "16:00:00", "after hours"),
        (date(2013, 11, 29), "12:59:59", "regular session"),
        (date(2013, 11, 29), "13:00:00", "after hours"),
        (date(2013, 11, 29), "18:00:00", "after hours"),
    ],
)
def test_the_header_names_the_after_hours_by_the_newest_bar(day: date, clock: str, hours: str) -> None:
    published = Status(Session(day, Phase.REGULAR), time.monotonic(), at(clock, day))

    assert f", {hours} of " in header(GAINERS, 1, published, connected=True).plain


def test_a_silence_is_shown_as_no_change_only_while_connected() -> None:
    silent = status(7.5)

    assert header(GAINERS, 3, silent, connected=True).plain.endswith("no change for 7 s")
    assert header(GAINERS, 3, silent, connected=False).plain.endswith("updated 7 s ago")


def test_before_the_first_event_there_is_nothing_to_show() -> None:
    # Given a Redis in which nothing has happened
    lines = shown(View(GAINERS, None, status=Status(None, None)))

    # Then the display says so
    assert lines[0] == "Gainers, no session yet, 0 symbols, no snapshot yet"
    assert "No symbols yet" in lines


def test_the_longest_header_fits_eighty_columns() -> None:
    longest = status(119 * 60, Session(date(2013, 9, 18), Phase.REGULAR))

    assert len(header(GAINERS, 1000, longest, connected=True).plain) <= 80


def test_the_rows_fill_the_terminal() -> None:
    # When 300 symbols are on the board of a terminal of 24 lines
    lines = shown(View(GAINERS, None, rows=ROWS, status=status(0.0)))

    # Then all its lines are taken, and the header counts all symbols
    assert len(lines) == 24
    assert lines[-1].split()[0] == "21"
    assert "300 symbols" in lines[0]


def test_a_number_of_rows_is_kept_to() -> None:
    assert len(shown(View(GAINERS, 5, rows=ROWS, status=status(0.0)))) == 3 + 5


def test_no_more_rows_are_shown_than_fit() -> None:
    assert len(shown(View(GAINERS, 50, rows=ROWS, status=status(0.0)))) == 24


def test_a_lost_connection_is_named_above_the_dimmed_table() -> None:
    # Given a display that has lost its Redis
    notice = "Redis at 127.0.0.1:6379 is unreachable, trying again"
    lost = View(GAINERS, None, rows=ROWS, status=status(2.0), notice=notice)

    # Then it says so, and keeps as many rows where they were
    assert shown(lost)[1] == notice
    assert shown(lost)[2:] == shown(View(GAINERS, None, rows=ROWS, status=status(2.0)))[2:]

    # And the table is dimmed
    dim = "\x1b[2m"
    assert all(dim in line for line in shown(lost, colours=True)[3:])


def test_before_the_first_answer_only_the_notice_is_shown() -> None:
    connecting = View(GAINERS, None, notice="Connecting to Redis at 127.0.0.1:6379")

    assert [line for line in shown(connecting) if line] == ["Connecting to Redis at 127.0.0.1:6379"]
