"""The session that the boards show, judged."""

from datetime import date

import pytest

from leaderboard.sessions import Phase, Session
from leaderboard.store.session_clock import Reading
from tasks.doctor.checks.shown_session import judge
from tasks.doctor.finding import Severity
from tests.support.market import TODAY, at

MONDAY = date(2026, 11, 23)


def shown(session: Session | None) -> Reading:
    return Reading(f"string {session.number}".encode() if session else b"none", session)


@pytest.mark.parametrize(
    ("session", "clock", "severity", "words"),
    [
        (Session(TODAY, Phase.REGULAR), "10:00:00", Severity.OK, "which it is"),
        (Session(MONDAY, Phase.PRE), "10:00:00", Severity.WRONG, "every bar until then is late"),
        (Session(TODAY, Phase.REGULAR), "08:00:00", Severity.WRONG, "pre-market bars do not rank"),
        (Session(TODAY, Phase.PRE), "09:30:30", Severity.WARNING, "are behind"),
        (Session(TODAY, Phase.PRE), "09:31:30", Severity.WRONG, "are behind"),
        (None, "10:00:00", Severity.WARNING, "no session yet"),
    ],
)
def test_against_the_wall_clock(session: Session | None, clock: str, severity: Severity, words: str) -> None:
    finding = judge(shown(session), at(clock))
    assert (finding.severity, words in finding.says) == (severity, True)


def test_ahead_says_how_to_put_it_right() -> None:
    finding = judge(shown(Session(MONDAY, Phase.PRE)), at("10:00:00"))
    assert "`python -m tasks session --to 2026-11-20 regular`" in finding.do


@pytest.mark.parametrize("now", [None, at("10:00:00")])
def test_junk_is_wrong_whatever_the_time(now: int | None) -> None:
    assert judge(Reading(b"string soon", None), now).severity is Severity.WRONG


def test_bars_may_tell_the_time() -> None:
    assert judge(shown(Session(MONDAY, Phase.PRE)), None).severity is Severity.OK
