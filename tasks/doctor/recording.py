"""Whether what is to be recorded is recorded."""

from collections.abc import Iterable, Iterator
from typing import Any

from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.tape.recorder_report import RecorderReport
from tasks.doctor.deployment import Deployment, Server
from tasks.doctor.finding import Finding, Page, ok, warning, wrong

#: Seconds after which a recorder that was not seen counts as stopped.
LONG = 60.0
#: Seconds of the past whose gaps count.
RECENT = 86_400.0


def check(deployment: Deployment) -> Iterable[Finding]:
    """Read what the recorder says of itself, and what waits for it."""
    client: Any = deployment.boards.client
    seconds, microseconds = client.time()
    report = RecorderReport.read(client)
    if report and not deployment.others:
        waiting = max(0, int(client.get(keys.TAPE_POSITION) or 0) - report.position)
    else:
        waiting = sum(map(_waiting, (deployment.boards, *deployment.others)))
    is_recorded = bool(client.exists(keys.RECORDING))
    return judge(report, is_recorded, waiting, seconds + microseconds / 1e6)


def _waiting(server: Server) -> int:
    """The bars on a server's tape behind its first entry, which is on disk; 0: it does not answer."""
    client: Any = server.client
    try:
        entries = client.xrange(keys.TAPE, count=1)
        position = int(client.get(keys.TAPE_POSITION) or 0)
    except RedisError:
        # Another check says so.
        return 0
    return position - int(entries[0][0].partition(b"-")[0]) if entries else 0


def judge(report: RecorderReport | None, is_recorded: bool, waiting: int, now: float) -> Iterator[Finding]:
    """Judge the recording.

    Args:
        report: of the recorder that recorded last; None: there was none.
        is_recorded: whether the tape is written.
        waiting: bars on the tape that are not on disk.
        now: by the boards' Redis, Unix seconds.
    """
    if report is None:
        if is_recorded:
            yield wrong("the tape is written, and no recorder takes it to disk", _START, Page.HISTORY)
        else:
            yield ok("nobody records, so no history is kept")
        return
    yield _state(report, is_recorded, waiting, now - report.seen_at / 1000)
    if report.gap_why and 0 <= (ago := now - report.gap_at / 1000) < RECENT:
        yield warning(
            f"history has a gap that ended {ago / 60:.0f} minutes ago: {report.gap_why}",
            "`python -m history days` shows from when to when.",
            Page.GAPS,
        )


_START = "Start one: `python -m history record`."


def _state(report: RecorderReport, is_recorded: bool, waiting: int, unseen: float) -> Finding:
    place = f"{report.folder} on {report.host}"
    if not is_recorded:
        return warning(
            f"nobody records any more: the last recorder, of {place}, was seen {unseen / 60:.0f} minutes ago",
            f"If history is to be kept: it has a gap from then on. {_START}",
            Page.HISTORY,
        )
    if unseen > LONG:
        return wrong(
            f"the recorder of {place} was last seen {unseen:.0f} s ago; {waiting:,} bars wait on the tape",
            f"Beyond TAPE_BOUND the tape loses the oldest, and history has a gap. {_START}",
            Page.HISTORY,
        )
    if report.failure:
        return wrong(
            f"the recorder cannot write to {place}: {report.failure}; {waiting:,} bars wait on the tape",
            "It keeps trying, and goes on by itself; the boards do not depend on it.",
            Page.FULL_DISK,
        )
    return ok(f"all but the last {waiting:,} bars are on disk, in {place}")
