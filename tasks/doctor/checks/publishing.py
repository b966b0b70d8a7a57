"""Snapshots, the published boards, and whether bars come: from two looks some moments apart."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
from redis.exceptions import NoPermissionError

from leaderboard.boards import BOARDS, Board
from leaderboard.connections.redis_values import InvalidValueError, checked
from leaderboard.sessions import Hours, hours_at
from leaderboard.store import cluster_sample
from leaderboard.store.cluster_sample import ClusterSample
from leaderboard.store.snapshots import longest_absence
from tasks.doctor.deployment import Deployment
from tasks.doctor.finding import Finding, Page, ok, unknown, warning, wrong

#: Seconds between the two looks.
BETWEEN = 2.0
#: Seconds without a bar in the regular hours that are odd, and wrong; and in the pre-market and after hours.
QUIET, SILENT = 10.0, 60.0
QUIET_OUTSIDE = 300.0
#: Seconds of lag that are too long.
LAGGING = 5.0
#: Share of a board's symbols that are published at least.
WHOLE = 0.9

_ROWS = "a JSON array of rows"
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


@dataclass(frozen=True)
class Published:
    """A board as it was published.

    Attributes:
        rows: None: never.
        symbols: how many are ranked on it.
        problem: which key holds something else; empty: none.
        is_hidden: whether this user may not read them.
    """

    rows: Sequence[Mapping[str, Any]] | None
    symbols: int
    problem: str = ""
    is_hidden: bool = False


def check(deployment: Deployment) -> Iterable[Finding]:
    """Look twice, and judge."""
    settings, client = deployment.settings, deployment.boards.client
    first = _sample(client)
    boards = {board: _published(client, board) for board in BOARDS}
    time.sleep(BETWEEN)
    second = _sample(client)
    yield from judge_snapshots(second, settings.publish_interval)
    yield from judge_screens(second, settings.publish_interval)
    for board, published in boards.items():
        yield judge_board(board, published, settings.board_size)
    newest = newest_bar(boards.values())
    wall = settings.market_clock == "wall"
    age = None if newest is None else (second.time - newest) / 1000
    yield judge_feed(first, second, age, hours_at(second.time) if wall else None)
    if wall:
        yield from judge_lag(first, second)


def _sample(client: Any) -> ClusterSample:
    # No transaction: a server whose memory is full would refuse it.
    with client.pipeline(transaction=False) as pipe:
        cluster_sample.add_questions(pipe)
        return cluster_sample.read_answers(pipe.execute(raise_on_error=False))


def _published(client: Any, board: Board) -> Published:
    """One board: as much as each gateway reads every second."""
    with client.pipeline(transaction=False) as pipe:
        pipe.zcard(board.key)
        pipe.get(board.scanner)
        symbols, text = pipe.execute(raise_on_error=False)
    try:
        count = checked(board.key, symbols, "a sorted set")
        rows = checked(board.scanner, text, _ROWS)
        return Published(_decode(rows) if rows is not None else None, count)
    except NoPermissionError:
        return Published(None, 0, is_hidden=True)
    except InvalidValueError as error:
        return Published(None, 0, str(error))
    except (msgspec.DecodeError, RecursionError):
        return Published(None, 0, str(InvalidValueError(board.scanner, _ROWS)))


def newest_bar(boards: Iterable[Published]) -> float | None:
    """When the newest bar on any board ended, Unix milliseconds; None if there is none."""
    ends = (row.get("end_timestamp") for board in boards for row in board.rows or ())
    return max((end for end in ends if isinstance(end, (int, float))), default=None)


# --- judgements


def judge_snapshots(sample: ClusterSample, interval: float) -> Iterator[Finding]:
    """Judge when the boards were published last.

    Args:
        sample: the state.
        interval: seconds between snapshots.
    """
    absence = longest_absence(interval)
    if sample.attempted is None:
        yield wrong("nobody has ever come to publish", _START, Page.CLOCK_STOPPED)
    elif sample.attempted > absence:
        says = f"nobody has come to publish for {sample.attempted:,.0f} s: boards stand still"
        yield wrong(says, _START, Page.CLOCK_STOPPED)
    elif sample.unpublished and (sample.published is None or sample.published > absence):
        yield wrong(
            "the boards have changed, and are not published",
            "See the log of a clock worker for why its task tasks.publish_snapshot fails.",
            Page.SNAPSHOTS,
        )
    else:
        age = "never" if sample.published is None else f"{sample.published:.0f} s ago"
        yield ok(f"the schedule came {sample.attempted:.1f} s ago; boards were published {age}")


_START = "Start beat (celery -A tasks beat) and a clock worker (celery -A tasks worker -Q clock,reference)."


def judge_screens(sample: ClusterSample, interval: float) -> Iterator[Finding]:
    """Judge when the screens were brought up to date last, unless boards stand still as well.

    Args:
        sample: the state.
        interval: seconds between snapshots.
    """
    absence = longest_absence(interval)
    if sample.attempted is None or sample.attempted > absence:
        return
    if sample.screens is None:
        yield wrong("no screens have ever been published", _SCREENS, Page.SCREENS)
    elif sample.screens > absence:
        yield wrong(f"the screens have stood still for {sample.screens:,.0f} s", _SCREENS, Page.SCREENS)
    else:
        yield ok(f"screens were brought up to date {sample.screens:.1f} s ago")


_SCREENS = "See the log of a clock worker for why they were not published."


def judge_board(board: Board, published: Published, size: int) -> Finding:
    """Judge the shape of a published board.

    Args:
        board: which.
        published: what was read.
        size: rows that it has at most.
    """
    if published.is_hidden:
        return unknown(f"{board.scanner}: this user may not read it, or its symbols", see=Page.USERS)
    if published.problem:
        return _broken(published.problem)
    rows = published.rows
    if rows is None:
        if published.symbols:
            says = f"{board.scanner} was never published, and {published.symbols:,} symbols rank"
            return wrong(says, _START, Page.SNAPSHOTS)
        return ok(f"{board.name}: nothing ranks yet")
    if fault := _fault(board, rows):
        return _broken(f"{board.scanner}: {fault}")
    expected = min(published.symbols, size)
    if len(rows) < WHOLE * expected:
        return warning(
            f"{board.scanner} has {len(rows)} rows, and {expected} symbols should be on it",
            "Quotes of the others have expired or were deleted; their next bars bring them back.",
            Page.SNAPSHOTS,
        )
    return ok(f"{board.name}: {len(rows)} rows of {published.symbols:,} symbols")


def _broken(says: str) -> Finding:
    return wrong(
        says, "Somebody else wrote it, or rows of quotes are broken: DEL it, the next snapshot writes it anew."
    )


def _fault(board: Board, rows: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with the rows; empty: nothing."""
    if [row.get("rank") for row in rows] != list(range(1, len(rows) + 1)):
        return "its ranks are not 1, 2, 3 ..."
    if len({row.get("symbol") for row in rows}) != len(rows):
        return "a symbol stands on it twice"
    values = [value for row in rows if isinstance(value := row.get(board.field), (int, float))]
    if len(values) < len(rows):
        return f"rows without {board.field}"
    if any(left > right if board.ascending else left < right for left, right in pairwise(values)):
        return f"its rows are not in the order of {board.field}"
    return ""


def judge_feed(first: ClusterSample, second: ClusterSample, age: float | None, hours: Hours | None) -> Finding:
    """Whether bars come, as far as the hours let expect it.

    Args:
        first, second: the state, :data:`BETWEEN` seconds apart.
        age: seconds since the end of the newest bar; None: no bar is on the boards.
        hours: those that it is; None if bars tell the time.
    """
    came = (second.processed or 0) - (first.processed or 0)
    if came > 0:
        return _judge_bars(came, _late(second) - _late(first))
    says = f"no bar was processed in {BETWEEN:.0f} s"
    if hours is None:
        return ok(f"{says}; when any should come, only its feed knows (MARKET_CLOCK=events)")
    says += ", and none is on the boards" if age is None else f", and the newest ended {age:,.0f} s ago"
    says += f" ({_NAMES[hours]})"
    quiet = math.inf if age is None else age
    if hours is Hours.REGULAR and quiet > QUIET:
        return (wrong if quiet > SILENT else warning)(says, _FEED, Page.NO_BARS)
    if hours in (Hours.PRE, Hours.POST) and quiet > QUIET_OUTSIDE:
        return warning(says, _FEED, Page.NO_BARS)
    return ok(says)


def _judge_bars(came: int, late: int) -> Finding:
    """Judge bars that were processed between two looks, `late` ones of which are of an earlier day."""
    says = f"{came / BETWEEN:,.0f} bars a second are processed"
    if not late:
        return ok(says)
    if late < came:
        return warning(
            f"{says}, {late / BETWEEN:,.0f} of them of an earlier day than the boards'", _LATE, Page.LATE_BARS
        )
    return wrong(f"{says}, all of an earlier day than the boards': they change nothing", _LATE, Page.SESSION_CLOCK)


def _late(sample: ClusterSample) -> int:
    return sample.totals.late if sample.totals else 0


_LATE = (
    "Find out who sends them. If they are right, a corrupt bar or a wrong clock has moved the boards ahead: mend "
    "that first, then `python -m tasks session --to DAY PHASE`."
)
_NAMES = {
    Hours.PRE: "pre-market",
    Hours.REGULAR: "regular hours",
    Hours.POST: "after hours",
    Hours.CLOSED: "the market is closed",
}
_FEED = "See that a feed runs and is connected (its log, lba.feed.connected), and that a worker takes its bars."


def judge_lag(first: ClusterSample, second: ClusterSample) -> Iterator[Finding]:
    """Judge how far bars lag behind, in what came between two looks."""
    if first.totals is None or second.totals is None:
        return
    count = second.totals.lags - first.totals.lags
    if count <= 0:
        return
    lag = (second.totals.lag - first.totals.lag) / count
    says = f"bars are applied {lag:.1f} s after their end"
    if lag <= LAGGING:
        yield ok(says)
    else:
        yield warning(
            says,
            "If bars wait in aggs, start more workers. Else the feed is behind; a delayed feed always is.",
            Page.LATE,
        )
