"""Snapshots, boards, feed and lag, judged."""

from typing import Any

import pytest

from leaderboard.boards import BY_NAME
from leaderboard.sessions import Hours
from leaderboard.store.cluster_sample import ClusterSample
from leaderboard.store.totals import Totals
from tasks.doctor.checks import publishing
from tasks.doctor.checks.publishing import Published
from tasks.doctor.finding import Severity

VOLUME = BY_NAME["volume"]


def sample(attempted: float | None = 0.5, published: float | None = 0.5, **changes: Any) -> ClusterSample:
    known: dict[str, Any] = {
        "time": 0,
        "totals": Totals(),
        "published": published,
        "attempted": attempted,
        "unpublished": False,
        "screens": 0.5,
    }
    return ClusterSample(**(known | changes))


def row(rank: int, symbol: str, volume: float | None) -> dict[str, Any]:
    return {"rank": rank, "symbol": symbol, "accumulated_volume": volume}


@pytest.mark.parametrize(
    ("state", "severity", "words"),
    [
        (sample(), Severity.OK, "the schedule came 0.5 s ago"),
        (sample(published=3_600), Severity.OK, "published 3600 s ago"),
        (sample(attempted=None), Severity.WRONG, "nobody has ever come"),
        (sample(attempted=5.1), Severity.WRONG, "nobody has come to publish for 5 s"),
        (sample(published=5.1, unpublished=True), Severity.WRONG, "changed, and are not published"),
        (sample(published=None, unpublished=True), Severity.WRONG, "changed, and are not published"),
    ],
)
def test_snapshots(state: ClusterSample, severity: Severity, words: str) -> None:
    (finding,) = publishing.judge_snapshots(state, interval=1.0)
    assert (finding.severity, words in finding.says) == (severity, True)


@pytest.mark.parametrize(
    ("state", "severity", "words"),
    [
        (sample(), Severity.OK, "up to date 0.5 s ago"),
        (sample(screens=None), Severity.WRONG, "no screens have ever been"),
        (sample(screens=5.1), Severity.WRONG, "stood still for 5 s"),
    ],
)
def test_screens(state: ClusterSample, severity: Severity, words: str) -> None:
    (finding,) = publishing.judge_screens(state, interval=1.0)
    assert (finding.severity, words in finding.says) == (severity, True)


def test_screens_are_not_blamed_while_nobody_publishes() -> None:
    assert [*publishing.judge_screens(sample(attempted=5.1, screens=60.0), interval=1.0)] == []


def test_rare_snapshots_have_more_time() -> None:
    (finding,) = publishing.judge_snapshots(sample(attempted=29.0), interval=10.0)
    assert finding.severity is Severity.OK


@pytest.mark.parametrize(
    ("published", "severity", "words"),
    [
        (Published(None, 0), Severity.OK, "nothing ranks yet"),
        (Published([], 0), Severity.OK, "0 rows"),
        (Published(None, 3), Severity.WRONG, "never published"),
        (Published([row(1, "A", 5), row(2, "B", 4)], 2), Severity.OK, "2 rows of 2 symbols"),
        (Published([row(1, "A", 5), row(3, "B", 4)], 2), Severity.WRONG, "ranks"),
        (Published([row(1, "A", 5), row(2, "A", 4)], 2), Severity.WRONG, "twice"),
        (Published([row(1, "A", 5), row(2, "B", 6)], 2), Severity.WRONG, "not in the order"),
        (Published([row(1, "A", 5), row(2, "B", None)], 2), Severity.WRONG, "rows without"),
        (Published([row(1, "A", 5)], 3), Severity.WARNING, "1 rows, and 3 symbols"),
        (Published(None, 0, is_hidden=True), Severity.UNKNOWN, "may not"),
        (Published(None, 0, "the key x does not hold rows"), Severity.WRONG, "not hold"),
    ],
)
def test_boards(published: Published, severity: Severity, words: str) -> None:
    finding = publishing.judge_board(VOLUME, published, size=500)
    assert (finding.severity, words in finding.says) == (severity, True)


@pytest.mark.parametrize(
    ("age", "hours", "severity"),
    [
        (5.0, Hours.REGULAR, Severity.OK),
        (15.0, Hours.REGULAR, Severity.WARNING),
        (61.0, Hours.REGULAR, Severity.WRONG),
        (61.0, Hours.PRE, Severity.OK),
        (301.0, Hours.PRE, Severity.WARNING),
        (301.0, Hours.POST, Severity.WARNING),
        (90_000.0, Hours.CLOSED, Severity.OK),
        (None, Hours.REGULAR, Severity.WRONG),
        (None, Hours.PRE, Severity.WARNING),
        (None, Hours.CLOSED, Severity.OK),
        (90_000.0, None, Severity.OK),
    ],
)
def test_a_feed_that_is_silent(age: float | None, hours: Hours | None, severity: Severity) -> None:
    assert publishing.judge_feed(sample(), sample(), age, hours).severity is severity


def test_a_feed_that_sends() -> None:
    later = sample(totals=Totals(applied=2_000))
    finding = publishing.judge_feed(sample(), later, 3_600.0, Hours.REGULAR)
    assert (finding.severity, "1,000 bars a second" in finding.says) == (Severity.OK, True)


@pytest.mark.parametrize(
    ("applied", "late", "severity", "words"),
    [
        (1_900, 100, Severity.WARNING, "50 of them of an earlier day"),
        (0, 2_000, Severity.WRONG, "all of an earlier day than the boards': they change nothing"),
    ],
)
@pytest.mark.parametrize("hours", [None, Hours.REGULAR])
def test_a_feed_that_sends_an_earlier_day(
    applied: int, late: int, severity: Severity, words: str, hours: Hours | None
) -> None:
    # Given boards that a corrupt bar has moved ahead, or a producer of an old day
    first, second = sample(totals=Totals(late=5)), sample(totals=Totals(applied=applied, late=5 + late))
    # When bars come
    finding = publishing.judge_feed(first, second, 1.0, hours)
    # Then it tells that they are late, and not that all is well
    assert (finding.severity, words in finding.says) == (severity, True)


def test_lag_of_what_came_between() -> None:
    first = sample(totals=Totals(lag_counts=(10,), lag=1_000))
    assert not list(publishing.judge_lag(first, first))
    (well,) = publishing.judge_lag(first, sample(totals=Totals(lag_counts=(20,), lag=1_010)))
    (late,) = publishing.judge_lag(first, sample(totals=Totals(lag_counts=(20,), lag=1_100)))
    assert (well.severity, late.severity) == (Severity.OK, Severity.WARNING)
    assert "applied 10.0 s after" in late.says
